import fc from 'fast-check';
import { accentOn, contrast } from '../../../../../../lambda/core/authz/pages/colours';
import { PALETTES, pageStyle } from '../../../../../../lambda/core/authz/pages/style';

const schemes = Object.entries(PALETTES);
const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

test('contrast is WCAG’s', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2);
});

test.each(schemes)(
  'every text is readable in %s: 4.5 to 1',
  (_, { back, card, text, quiet, good, warnBack, warnText }) => {
    const pairs = [
      [text, back],
      [text, card],
      [quiet, back],
      [quiet, card],
      [good, card],
      [warnText, warnBack],
    ] as const;
    expect(pairs.filter(([front, behind]) => contrast(front, behind) < 4.5)).toEqual([]);
  },
);

test.each(schemes)('edges of buttons and notices are seen in %s: 3 to 1', (_, { card, edge, warnEdge }) => {
  expect([edge, warnEdge].filter((colour) => contrast(colour, card) < 3)).toEqual([]);
});

test.each(schemes)('any accent colour is made readable in %s', (_, { card }) => {
  fc.assert(
    fc.property(hex, (accent) => {
      const { button, buttonText, link } = accentOn(card, accent);
      expect(contrast(button, buttonText)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(link, card)).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

test('an accent colour stays what it is on the button, and elsewhere as far as it can be read', () => {
  expect(accentOn('#ffffff', '#7A1FA2')).toEqual({
    button: '#7a1fa2',
    buttonText: '#ffffff',
    isButtonSeen: true,
    link: '#7a1fa2',
  });
  expect(accentOn('#ffffff', '#f2b705')).toMatchObject({
    button: '#f2b705',
    buttonText: '#000000',
    isButtonSeen: false,
  });
});

test('what is no colour never reaches the style sheet', () => {
  expect(pageStyle('red;}</style><script>').toString()).toBe(pageStyle(undefined).toString());
});
