import { endpointPath, NAME_PATTERN } from '../../../../lambda/contract/paths';

test.each(['a', 'stripe', 'my-shop-2', 'a'.repeat(63)])('%s is a name', (name) => {
  expect(NAME_PATTERN.test(name)).toBe(true);
  expect(new URL(endpointPath(name), 'https://g.example').pathname).toBe(`/mcp/${name}`);
});

test.each(['', 'A', '2a', '-a', 'a_b', 'a.b', 'a/b', '..', 'a b', 'ä', 'a\n', 'a'.repeat(64), '{a}', '__proto__'])(
  '%j is no name: it would not survive a URL, a metric or a policy',
  (name) => {
    expect(NAME_PATTERN.test(name)).toBe(false);
  },
);
