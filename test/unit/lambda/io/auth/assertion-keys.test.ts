import type { Client } from '../../../../../lambda/core/authz/clients/client';
import { documentCache } from '../../../../../lambda/core/authz/clients/document-cache';
import type { DocumentFetcher, FetchRefusal } from '../../../../../lambda/core/authz/ports';
import { ok } from '../../../../../lambda/core/result';
import { assertionKeys } from '../../../../../lambda/io/auth/assertion-keys';
import { testClock } from '../../../../helpers/clock';
import { fakeAuthStore } from '../../../../helpers/fake-auth-store';

const KEYS_URL = 'https://agent.example/jwks';
const SET = { keys: [{ kty: 'EC', kid: 'a' }] };
const NEXT = { keys: [{ kty: 'EC', kid: 'b' }] };

function scene() {
  const clock = testClock();
  const host = { asked: 0, document: SET as unknown, refused: undefined as FetchRefusal | undefined };
  const fetcher: DocumentFetcher = {
    fetch: async () => {
      host.asked += 1;
      return ok(host.refused === undefined ? { document: host.document } : { refused: host.refused });
    },
  };
  const issuer = { asked: [] as string[], isDown: false };
  const keys = assertionKeys({
    documents: documentCache({ store: fakeAuthStore({ now: clock.now }), now: clock.now, fetcher }),
    now: clock.now,
    fetchJson: async (url) => {
      issuer.asked.push(url);
      if (issuer.isDown) throw new Error('ECONNREFUSED');
      return SET;
    },
  });
  return { clock, host, issuer, keys };
}

const client = (changes: Partial<Client>) => changes as Client;

describe('the keys of a client', () => {
  test('are those of its entry or document, without asking anybody', async () => {
    const { keys, host } = scene();
    expect(await keys.forClient(client({ jwks: SET, jwksUri: KEYS_URL }), true)).toEqual(ok(SET));
    expect(await keys.forClient(client({}), false)).toEqual({ ok: false, error: 'unusable' });
    expect(host.asked).toBe(0);
  });

  test('are fetched once, and again for a key that is missing, but not twice in 30 s', async () => {
    const { keys, host, clock } = scene();
    const keyed = client({ jwksUri: KEYS_URL });
    expect(await keys.forClient(keyed, false)).toEqual(ok(SET));
    host.document = NEXT;
    for (const _ of Array(100).keys()) expect(await keys.forClient(keyed, true)).toEqual(ok(SET));
    expect(host.asked).toBe(1);
    clock.advance(30_001);
    expect(await keys.forClient(keyed, false)).toEqual(ok(SET));
    expect(await keys.forClient(keyed, true)).toEqual(ok(NEXT));
    expect(await keys.forClient(keyed, true)).toEqual(ok(NEXT));
    expect(host.asked).toBe(2);
  });

  test.each([
    ['timeout', 'unreachable'],
    ['unreachable', 'unreachable'],
    ['rate_limited', 'unreachable'],
    ['redirected', 'unusable'],
    ['gone', 'unusable'],
    ['address_not_allowed', 'unusable'],
  ] as const)('that are refused as %s are %s', async (refused, problem) => {
    const { keys, host } = scene();
    host.refused = refused;
    expect(await keys.forClient(client({ jwksUri: KEYS_URL }), false)).toEqual({ ok: false, error: problem });
  });

  test.each([
    ['an empty set', { keys: [] }],
    ['no set', []],
    ['a private key', { keys: [{ kty: 'EC', d: 'x' }] }],
    ['a shared secret', { keys: [{ kty: 'oct', k: 'x' }] }],
  ])('that are %s are unusable', async (_, document) => {
    const { keys, host } = scene();
    host.document = document;
    expect(await keys.forClient(client({ jwksUri: KEYS_URL }), false)).toEqual({ ok: false, error: 'unusable' });
  });
});

describe('the keys of an assertion issuer', () => {
  const issuer = { issuer: 'https://xaa.example', jwksUri: 'https://xaa.example/keys' };

  test('are fetched once from where the operator says, and again for a missing one after a pause', async () => {
    const { keys, issuer: host, clock } = scene();
    for (const newer of [false, true, true, false]) expect(await keys.forIssuer(issuer, newer)).toEqual(ok(SET));
    expect(host.asked).toEqual([issuer.jwksUri]);
    clock.advance(10_000);
    await keys.forIssuer(issuer, true);
    expect(host.asked).toHaveLength(2);
  });

  test('that cannot be had are unreachable', async () => {
    const { keys, issuer: host } = scene();
    host.isDown = true;
    expect(await keys.forIssuer(issuer, false)).toEqual({ ok: false, error: 'unreachable' });
  });
});
