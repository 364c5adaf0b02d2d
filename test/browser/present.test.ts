import { findChromium } from '../helpers/chromium-path.cjs';

const { path, reason } = findChromium();

// Without a browser the tests beside this one, and the end-to-end sign-in in a browser, do not run: jest.config.cjs.
if (path === undefined && process.env['CI'] !== 'true') {
  test.skip(`the pages in a real browser (skipped: ${reason})`, () => undefined);
} else {
  test('a real browser is there for the pages', () => {
    expect(reason).toBeUndefined();
  });
}
