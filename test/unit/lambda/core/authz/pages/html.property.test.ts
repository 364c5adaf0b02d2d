import fc from 'fast-check';
import { html } from '../../../../../../lambda/core/authz/pages/html';
import { literal, nameOf, shown } from '../../../../../../lambda/core/authz/pages/shown';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '`',
        '&',
        '/',
        '=',
        '\0',
        '\u202e',
        '\ud800',
        '-->',
        ']]>',
        '</style',
        '<script>',
      ),
    )
    .map((parts) => parts.join('')),
);

test('no text makes a tag, leaves an attribute or begins an entity', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const value of [html`${text}`, nameOf(text, 'none'), literal(text)]) {
        const inner = value.toString().replace(/^<bdi(?: class="literal")?>|<\/bdi>$/g, '');
        expect(inner).not.toMatch(/[<>"'`]|&(?!(amp|lt|gt|quot|#39|#96);)/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('no text keeps a character that is invisible or turns what is around it', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(html`${text}`.toString()).not.toMatch(
        /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u,
      );
    }),
    { numRuns: 2000 },
  );
});

test('a browser reads back what was escaped, but for the invisible', () => {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      const read = html`${text}`.toString().replace(/&([a-z0-9#]+);/g, (_, name: string) => entities[name] ?? '');
      expect(read).toBe(text);
    }),
  );
});

test('a shown text is one line, no longer than asked, and shown again the same', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 2, max: 80 }), (text, max) => {
      const line = shown(text, max);
      expect([...line].length).toBeLessThanOrEqual(max);
      expect(line).not.toMatch(/[\r\n\t]|^\s|\s$| {2}/);
      expect(shown(line, max)).toBe(line);
    }),
    { numRuns: 2000 },
  );
});
