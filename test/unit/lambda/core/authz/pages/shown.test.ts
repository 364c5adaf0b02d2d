import { literal, nameOf, shown } from '../../../../../../lambda/core/authz/pages/shown';

test('shortens 8 KB to a line', () => {
  expect(shown('a'.repeat(8192))).toBe(`${'a'.repeat(119)}…`);
  expect(shown('👩'.repeat(8192), 10)).toBe(`${'👩'.repeat(9)}…`);
});

test('takes out what is invisible, so that no two names differ by it alone', () => {
  expect(shown('Cla\u200bu\u00adde\u202e \u2066\t\n  Code\u{e0020}')).toBe('Claude Code');
});

test('cuts a pile of combining marks', () => {
  expect(shown(`Z${'\u0338'.repeat(500)}`)).toBe(`Z${'\u0338'.repeat(3)}`);
});

test('a name without a letter or a digit is no name', () => {
  for (const empty of ['', ' ', '\u202e', '\u3164\u2800', '———', '⚠️'])
    expect(nameOf(empty, 'Without a name').toString()).toBe('Without a name');
  expect(nameOf('7', 'Without a name').toString()).toBe('<bdi>7</bdi>');
});

test('a name has its own direction, and is cut at 60 characters', () => {
  expect(nameOf('קלוד', 'none').toString()).toBe('<bdi>קלוד</bdi>');
  expect(nameOf('n'.repeat(200), 'none').toString()).toBe(`<bdi>${'n'.repeat(59)}…</bdi>`);
});

test('an address is marked as one', () => {
  expect(literal('a.example:8<').toString()).toBe('<bdi class="literal">a.example:8&lt;</bdi>');
});
