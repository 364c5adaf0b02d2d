import { html } from '../../../../../../lambda/core/authz/pages/html';

test('escapes every value, and its own results only go in as they are', () => {
  const inner = html`<b>${'<i>"\'`&'}</b>`;
  expect(html`<p title="${'" onload="x'}">${inner}</p>`.toString()).toBe(
    '<p title="&quot; onload=&quot;x"><b>&lt;i&gt;&quot;&#39;&#96;&amp;</b></p>',
  );
});

test('fails on what only looks like a result', () => {
  const forged = { toString: () => '<script>' } as unknown as string;
  expect(() => html`${forged}`).toThrow(new TypeError('value.map is not a function'));
});

test('lists are joined, nothing is nothing, numbers are numbers', () => {
  expect(html`${[html`<li>`, html`<li>`]}|${undefined}|${0}`.toString()).toBe('<li><li>||0');
});

test('makes the invisible visible: control, bidirectional, zero-width and tag characters, lone surrogates', () => {
  const unseen = '\0\u0085\u202e\u2066\u200b\ufeff\u2028\u{e0041}\ud800';
  expect(html`${unseen}`.toString()).toBe('\ufffd'.repeat(9));
  expect(html`${'می\u200cخواهم 👩\u200d💻 ❤\ufe0f'}`.toString()).toBe('می\u200cخواهم 👩\u200d💻 ❤\ufe0f');
});
