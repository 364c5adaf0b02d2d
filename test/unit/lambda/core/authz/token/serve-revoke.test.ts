import type { Client } from '../../../../../../lambda/core/authz/clients/client';
import { factsOf } from '../../../../../../lambda/core/authz/clients/client';
import {
  AGENT,
  ASSERTION_TYPE,
  bodyOf,
  claimsOf,
  codeForm,
  DYNAMIC,
  INVALID_CLIENT,
  INVALID_GRANT,
  ISSUER,
  KEYED_AGENT,
  refreshForm,
  SUBJECT,
  signAsGateway,
  TABLE_DOWN,
  type TokenScene,
  tokenScene,
  tokens,
  UNAVAILABLE,
} from './token-scene';

const DONE = { status: 200 };

async function signedIn(scene: TokenScene) {
  const { code, grantId } = await scene.consent();
  return { grantId, ...(await tokens(scene.token(codeForm(code)))) };
}

describe('revocation', () => {
  test.each(['refresh_token', 'access_token'] as const)('by the %s ends the whole grant', async (which) => {
    const scene = await tokenScene();
    const { grantId, ...all } = await signedIn(scene);
    const answer = await scene.revoke({ client_id: AGENT, token: all[which] });
    expect(bodyOf(answer)).toEqual(DONE);
    expect(answer.headers).toMatchObject({ 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' });
    expect(scene.grant(grantId)).toMatchObject({
      phase: 'revoked',
      revoked: { by: AGENT, reason: 'client', atMs: scene.clock.now() },
    });
    expect(bodyOf(await scene.token(refreshForm(all.refresh_token)))).toEqual(INVALID_GRANT);
    expect(scene.events).toContainEqual(expect.objectContaining({ event: 'auth.revoke', outcome: 'revoked' }));
  });

  test('goes by the token and not by its hint', async () => {
    const scene = await tokenScene();
    const { grantId, refresh_token } = await signedIn(scene);
    const form = { client_id: AGENT, token: refresh_token, token_type_hint: 'access_token' };
    expect(bodyOf(await scene.revoke(form))).toEqual(DONE);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('by an older refresh token ends the grant too', async () => {
    const scene = await tokenScene();
    const { grantId, refresh_token } = await signedIn(scene);
    await tokens(scene.token(refreshForm(refresh_token)));
    await scene.revoke({ client_id: AGENT, token: refresh_token });
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked', revoked: { reason: 'client' } });
  });

  test('a second time changes nothing, and says the same', async () => {
    const scene = await tokenScene();
    const { grantId, refresh_token } = await signedIn(scene);
    await scene.revoke({ client_id: AGENT, token: refresh_token });
    const before = scene.grant(grantId);
    scene.clock.advance(1_000);
    expect(bodyOf(await scene.revoke({ client_id: AGENT, token: refresh_token }))).toEqual(DONE);
    expect(scene.grant(grantId)).toEqual(before);
  });

  test('that cannot be read or written is told to try again', async () => {
    const scene = await tokenScene();
    const { grantId, refresh_token } = await signedIn(scene);
    for (const operation of ['read', 'replace'] as const) {
      scene.store.fail(TABLE_DOWN, { operation });
      expect(bodyOf(await scene.revoke({ client_id: AGENT, token: refresh_token }))).toEqual(UNAVAILABLE);
    }
    expect(bodyOf(await scene.revoke({ client_id: AGENT, token: refresh_token }))).toEqual(DONE);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('of a machine’s token ends its grant, and the machine can begin anew', async () => {
    const scene = await tokenScene();
    const proof = async () => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await scene.clientAssertion(),
    });
    const form = async () => ({ grant_type: 'client_credentials', ...(await proof()) });
    const { access_token } = await tokens(scene.token(await form()));
    const { sub, sid } = claimsOf(access_token) as { sub: string; sid: string };
    expect(bodyOf(await scene.revoke({ ...(await proof()), token: access_token }))).toEqual(DONE);
    expect(scene.grant(sid, sub)).toMatchObject({ phase: 'revoked' });
    expect((await scene.token(await form())).status).toBe(200);
  });
});

describe('an attacker who revokes', () => {
  test.each(['refresh_token', 'access_token'] as const)('with another client’s %s changes nothing', async (which) => {
    const scene = await tokenScene();
    const { grantId, ...all } = await signedIn(scene);
    for (const clientId of [DYNAMIC, 'desktop', 'https://agent.example/other.json']) {
      expect(bodyOf(await scene.revoke({ client_id: clientId, token: all[which] }))).toEqual(DONE);
    }
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
  });

  test.each(['garbage', 'a.b.c', 'rt1.', `rt1.${SUBJECT}.${'g'.repeat(22)}.1.${'x'.repeat(43)}`, 'é'.repeat(50_000)])(
    'with garbage changes nothing: %#',
    async (token) => {
      const scene = await tokenScene();
      expect((await scene.revoke({ client_id: AGENT, token: token.slice(0, 5_000) })).status).toBe(200);
      expect(scene.store.calls).toEqual([]);
    },
  );

  test('with a token of another issuer, type, client or time changes nothing', async () => {
    const scene = await tokenScene();
    const { grantId } = await signedIn(scene);
    const good = { iss: ISSUER, client_id: AGENT, sub: SUBJECT, sid: grantId, exp: scene.seconds() + 300 };
    for (const token of [
      signAsGateway({ ...good, iss: 'https://other.example' }),
      signAsGateway({ ...good, client_id: DYNAMIC }),
      signAsGateway({ ...good, exp: scene.seconds() }),
      signAsGateway({ ...good, exp: undefined }),
      signAsGateway({ ...good, sid: ['x'] }),
      signAsGateway(good, { typ: 'JWT' }),
      signAsGateway(good, { alg: 'none' }),
      signAsGateway(good, { kid: 'other' }),
      `${signAsGateway(good).slice(0, -4)}AAAA`,
    ]) {
      expect(bodyOf(await scene.revoke({ client_id: AGENT, token }))).toEqual(DONE);
    }
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
    await scene.revoke({ client_id: AGENT, token: signAsGateway(good) });
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('as a client with a key, without the key, fails; with it, once', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent({ client: factsOf(scene.clients.get(KEYED_AGENT) as Client) });
    const proof = async () => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT),
    });
    const { refresh_token: token } = await tokens(
      scene.token(codeForm(code, { client_id: KEYED_AGENT, ...(await proof()) })),
    );
    expect(bodyOf(await scene.revoke({ client_id: KEYED_AGENT, token }))).toEqual(INVALID_CLIENT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
    const once = await proof();
    expect(bodyOf(await scene.revoke({ ...once, token: 'garbage' }))).toEqual(DONE);
    expect(bodyOf(await scene.revoke({ ...once, token }))).toEqual(INVALID_CLIENT);
    expect(bodyOf(await scene.revoke({ ...(await proof()), token }))).toEqual(DONE);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('without a client, or by a secret, fails', async () => {
    const scene = await tokenScene();
    const { refresh_token: token } = await signedIn(scene);
    expect(bodyOf(await scene.revoke({ token }))).toEqual(INVALID_CLIENT);
    expect(bodyOf(await scene.revoke({ token, client_id: AGENT, client_secret: 'x' }))).toEqual(INVALID_CLIENT);
  });

  test('by GET, in JSON, twice or not at all fails', async () => {
    const scene = await tokenScene();
    const { refresh_token: token, grantId } = await signedIn(scene);
    const form = { client_id: AGENT, token };
    expect(await scene.revoke(form, { method: 'GET' })).toMatchObject({ status: 405, headers: { Allow: 'POST' } });
    const json = { headers: { 'content-type': 'application/json' } };
    for (const answer of [
      await scene.revoke(form, json),
      await scene.revoke({ ...form, token: [token, token] }),
      await scene.revoke(form, { query: { token: [token] } }),
      await scene.revoke({ client_id: AGENT }),
    ]) {
      expect(bodyOf(answer)).toMatchObject({ status: 400, error: 'invalid_request' });
    }
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
  });
});
