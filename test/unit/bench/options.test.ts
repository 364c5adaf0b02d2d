import { GROUPS, parseOptions } from '../../../bench/options';

test('without options every group runs in full', () => {
  expect(parseOptions([])).toEqual({ groups: GROUPS, quick: false, json: false });
});

test('--only may be repeated, and the groups keep their order', () => {
  expect(parseOptions(['--only', 'memory', '--quick', '--only', 'hop'])).toEqual({
    groups: ['hop', 'memory'],
    quick: true,
    json: false,
  });
});

test('fails on a group there is not, naming those there are', () => {
  expect(parseOptions(['--only', 'speed'])).toEqual({ problem: `--only speed: one of ${GROUPS.join(', ')}` });
});

test('fails on an unknown option', () => {
  expect(parseOptions(['--fast'])).toEqual({ problem: expect.stringContaining("Unknown option '--fast'") });
});
