import { nextVersion } from '../../../../../lambda/core/connections/next-version';

test('a connection begins at the moment of its making', () => {
  expect(nextVersion(0, { connectedAtMs: 1_793_491_200_000 })).toBe(1_793_491_200_000);
});

test('and counts from there, a reconnect too', () => {
  expect(nextVersion(1_793_491_200_000, { connectedAtMs: 1_893_491_200_000 })).toBe(1_793_491_200_001);
});
