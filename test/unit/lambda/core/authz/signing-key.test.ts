import fc from 'fast-check';
import type { SigningKeyRecord } from '../../../../../lambda/contract/auth-record';
import type { AuthEvent, SigningKeys } from '../../../../../lambda/core/authz/ports';
import { jwksAt, signingKeyAt } from '../../../../../lambda/core/authz/signing-key';
import { serveJwks } from '../../../../../lambda/core/authz/token/serve-jwks';
import { err, ok } from '../../../../../lambda/core/result';
import { DOWN, formRequest, SIGNING_KEY, tokenScene, UNAVAILABLE } from './token/token-scene';

const key = (kid: string, signFromMs: number, verifyUntilMs?: number): SigningKeyRecord => ({
  ...SIGNING_KEY,
  kid,
  signFromMs,
  ...(verifyUntilMs === undefined ? {} : { verifyUntilMs }),
});
const kids = (keys: readonly SigningKeyRecord[], nowMs: number) => jwksAt(keys, nowMs).keys.map(({ kid }) => kid);

describe('a rotation', () => {
  const keys = [key('new', 2_000), key('old', 0, 5_000)];

  test('publishes the new key at once, signs with it when its time has come, and keeps the old one for what it signed', () => {
    expect(kids(keys, 1_000)).toEqual(['new', 'old']);
    expect(signingKeyAt(keys, 1_999)?.kid).toBe('old');
    expect(signingKeyAt(keys, 2_000)?.kid).toBe('new');
    expect(kids(keys, 4_999)).toEqual(['new', 'old']);
    expect(kids(keys, 5_000)).toEqual(['new']);
  });

  test('does not depend on the order of the record', () => {
    expect(signingKeyAt([...keys].reverse(), 2_000)?.kid).toBe('new');
  });

  test('leaves no key to sign with where none has begun or all are over', () => {
    expect(signingKeyAt([], 0)).toBeUndefined();
    expect(signingKeyAt([key('later', 10)], 9)).toBeUndefined();
    expect(signingKeyAt([key('over', 0, 10)], 10)).toBeUndefined();
  });

  test('never signs with a key that is not published', () => {
    const time = fc.integer({ min: 0, max: 20 });
    const keyRecord = fc
      .record({ from: time, until: fc.option(time, { nil: undefined }), kid: fc.uuid() })
      .map(({ from, until, kid }) => key(kid, from, until));
    fc.assert(
      fc.property(fc.array(keyRecord), time, (all, nowMs) => {
        const signing = signingKeyAt(all, nowMs);
        fc.pre(signing !== undefined);
        expect(kids(all, nowMs)).toContain(signing?.kid);
      }),
      { seed: 7 },
    );
  });
});

describe('/jwks', () => {
  const request = { ...formRequest('/jwks', {}), method: 'GET' };
  const serve = (current: SigningKeys['current'], changes = {}) => {
    const events: AuthEvent[] = [];
    const deps = { keys: { current }, now: () => 0, log: (event: AuthEvent) => events.push(event) };
    return serveJwks({ ...request, ...changes }, deps).then((answer) => ({ answer, events }));
  };

  test('shows public keys and nothing else of the record, to any page, for five minutes', async () => {
    const record = { ...SIGNING_KEY, publicJwk: { ...SIGNING_KEY.publicJwk, d: 'private' } };
    const { answer } = await serve(async () => ok([record]));
    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual({
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=300',
      'Access-Control-Allow-Origin': '*',
    });
    const { x, y } = SIGNING_KEY.publicJwk;
    expect(JSON.parse(answer.body)).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, kid: 'first', alg: 'ES256', use: 'sig' }],
    });
  });

  test('fails by another method', async () => {
    const { answer } = await serve(async () => ok([]), { method: 'POST' });
    expect(answer).toMatchObject({ status: 405, headers: { Allow: 'GET' } });
  });

  test('fails for now, uncached, while the keys cannot be had', async () => {
    const { answer, events } = await serve(async () => err(DOWN));
    expect({ ...JSON.parse(answer.body), status: answer.status }).toEqual(UNAVAILABLE);
    expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'Retry-After': '1' });
    expect(events).toEqual([
      {
        event: 'auth.jwks',
        outcome: 'temporarily_unavailable',
        cause: 'kms throttled ThrottlingException',
        requestId: 'request-1',
      },
    ]);
  });
});

test('a token request without any key to sign with fails for now, and costs no code', async () => {
  const scene = await tokenScene();
  const { code, grantId } = await scene.consent();
  const { current } = scene.deps.keys;
  const form = {
    grant_type: 'authorization_code',
    client_id: 'https://agent.example/client.json',
    code,
    code_verifier: 'v'.repeat(64),
  };
  for (const answer of [ok([]), err(DOWN)]) {
    Object.assign(scene.deps.keys, { current: async () => answer });
    expect((await scene.token(form)).status).toBe(503);
  }
  Object.assign(scene.deps.keys, { current });
  expect(scene.grant(grantId)).toMatchObject({ phase: 'code' });
  expect((await scene.token(form)).status).toBe(200);
});
