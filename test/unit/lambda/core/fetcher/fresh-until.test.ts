import { freshUntilMs } from '../../../../../lambda/core/fetcher/fresh-until';

const NOW = 1_000_000;

test.each([
  ['max-age=60', undefined, NOW + 60_000],
  ['public, MAX-AGE=60 , immutable', undefined, NOW + 60_000],
  ['max-age="60"', undefined, NOW + 60_000],
  ['max-age=60', '20', NOW + 40_000],
  ['max-age=60', '90', NOW],
  ['max-age=60', 'soon', NOW + 60_000],
  ['max-age=600, max-age=60', undefined, NOW + 60_000],
  ['no-store, max-age=60', undefined, NOW],
  ['no-cache', undefined, NOW],
  ['no-cache="set-cookie"', undefined, NOW],
  ['max-age=0', undefined, NOW],
  ['max-age=-1', undefined, undefined],
  ['max-age=1e9', undefined, undefined],
  ['max-age=99999999999999999999', undefined, undefined],
  ['s-maxage=60', undefined, undefined],
  ['private', undefined, undefined],
  ['', undefined, undefined],
  [undefined, '5', undefined],
])('%s with age %s is fresh until %s', (cacheControl, age, expected) => {
  expect(freshUntilMs(cacheControl, age, NOW)).toBe(expected);
});
