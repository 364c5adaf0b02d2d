import { createHash } from 'node:crypto';
import { openSessionId, type SessionOwner, sealSessionId } from '../../../../lambda/core/session-id';

const KEY = createHash('sha256').update('key').digest();
const IV = Buffer.alloc(12, 7);
const OWNER: SessionOwner = ['https://issuer.example', 'https://mcp.example', 'shop', 'alice'];
const ownedBy = (subject: string): SessionOwner => [OWNER[0], OWNER[1], OWNER[2], subject];
const seal = (id = 'upstream-session-1') => sealSessionId(KEY, OWNER, id, IV);

test('opens for whom it was sealed', () => {
  for (const id of ['upstream-session-1', 'x', 'eyJ.a.b', 'ü'.repeat(500)]) {
    expect(openSessionId(KEY, OWNER, seal(id))).toBe(id);
  }
});

test('is visible ASCII and hides the id of the upstream', () => {
  expect(seal()).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
  expect(Buffer.from(seal().slice(3), 'base64url').toString('latin1')).not.toContain('upstream');
});

test.each([
  ['another person', ['https://issuer.example', 'https://mcp.example', 'shop', 'mallory']],
  ['someone whom another issuer calls alike', ['https://other.example', 'https://mcp.example', 'shop', 'alice']],
  ['another upstream', ['https://issuer.example', 'https://mcp.example', 'mail', 'alice']],
  ['another gateway', ['https://issuer.example', 'https://other.example', 'shop', 'alice']],
  [
    'a person and an upstream whose names run together alike',
    ['https://issuer.example', 'https://mcp.example', 'sho', 'palice'],
  ],
] as const)('refuses %s', (_, owner) => {
  expect(openSessionId(KEY, owner, seal())).toBeUndefined();
});

test('no two owners share a key: what one is given says nothing about what another holds', () => {
  const forBob = sealSessionId(KEY, ownedBy('bob'), 'upstream-session-1', IV);
  const [alice, bob] = [seal(), forBob].map((id) => Buffer.from(id.slice(3), 'base64url').subarray(12, -16));
  expect(alice?.length).toBe(bob?.length);
  expect(alice).not.toEqual(bob);
});

test('binds owners whose names are longer than any', () => {
  const owner = ownedBy('a'.repeat(5000));
  const sealed = sealSessionId(KEY, owner, 'x', IV);
  expect(openSessionId(KEY, owner, sealed)).toBe('x');
  expect(openSessionId(KEY, ownedBy(`${owner[3]}b`), sealed)).toBeUndefined();
});

test('refuses another key', () => {
  expect(openSessionId(createHash('sha256').update('other').digest(), OWNER, seal())).toBeUndefined();
});

test('refuses every single altered bit', () => {
  const sealed = Buffer.from(seal().slice(3), 'base64url');
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const altered = Buffer.from(sealed);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openSessionId(KEY, OWNER, `v1.${altered.toString('base64url')}`)).toBeUndefined();
  }
});

test('refuses every truncation', () => {
  const sealed = seal();
  for (let length = 0; length < sealed.length; length++) {
    expect(openSessionId(KEY, OWNER, sealed.slice(0, length))).toBeUndefined();
  }
});

test.each(['', 'v1.', 'v2.AAAA', 'upstream-session-1', `v1.${'A'.repeat(100)}`, `V1.${'A'.repeat(100)}`])(
  'refuses what it never made: %s',
  (id) => {
    expect(openSessionId(KEY, OWNER, id)).toBeUndefined();
  },
);
