import { AUTH_KEYS } from '../../../../../../lambda/contract/auth-record';
import { type Client, factsOf } from '../../../../../../lambda/core/authz/clients/client';
import { hashOf } from '../../../../../../lambda/core/authz/handle';
import {
  AGENT,
  bodyOf,
  claimsOf,
  codeForm,
  DOWN,
  DYNAMIC,
  headerOf,
  INVALID_CLIENT,
  INVALID_GRANT,
  ISSUER,
  KEYED_AGENT,
  REDIRECT,
  RESOURCE,
  refreshForm,
  SUBJECT,
  TABLE_DOWN,
  tokenScene,
  tokens,
  UNAVAILABLE,
  VERIFIER,
} from './token-scene';

describe('a code', () => {
  test('gives an access token for its resource and a refresh token, with one read, one signature and one write', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    scene.store.calls.length = 0;

    const answer = await scene.token(codeForm(code));

    expect(scene.store.calls).toEqual(['read', 'replace']);
    expect(scene.signer.calls).toBe(1);
    expect(scene.lookups).toEqual([]);
    expect(answer.headers).toEqual({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Access-Control-Allow-Origin': '*',
    });
    const body = await tokens(answer);
    expect(body).toEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      refresh_token: expect.stringMatching(new RegExp(`^rt1\\.${SUBJECT}\\.${grantId}\\.1\\.[\\w-]{43}$`)),
      scope: 'mcp:read mcp:write',
    });
    expect(headerOf(body.access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'first' });
    expect(claimsOf(body.access_token)).toEqual({
      iss: ISSUER,
      sub: SUBJECT,
      aud: RESOURCE,
      client_id: AGENT,
      scope: 'mcp:read mcp:write',
      iat: scene.seconds(),
      exp: scene.seconds() + 300,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      sid: grantId,
      auth_time: scene.seconds() - 5,
    });
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active', generation: 1, lastUsedAtMs: scene.clock.now() });
  });

  test('needs no redirect_uri (OAuth 2.1), and takes the one of the authorization request', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    expect((await scene.token(codeForm(code, { redirect_uri: REDIRECT }))).status).toBe(200);
  });

  test('takes its own resource in any spelling, and an empty parameter as none', async () => {
    const scene = await tokenScene();
    const first = await scene.consent();
    const second = await scene.consent({}, 'i');
    const other = RESOURCE.replace('mcp.example', 'MCP.example');
    expect((await scene.token(codeForm(first.code, { resource: `${other}/` }))).status).toBe(200);
    expect((await scene.token(codeForm(second.code, { resource: '' }))).status).toBe(200);
  });

  test('leaves nothing in the log or the table a token could be made of', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    const body = await tokens(scene.token(codeForm(code)));
    const seen = JSON.stringify(scene.events) + scene.store.dump();
    for (const secret of [code.split('.')[2], VERIFIER, body.access_token, body.refresh_token.split('.')[4]]) {
      expect(seen).not.toContain(secret);
    }
    expect(scene.events).toEqual([
      expect.objectContaining({ event: 'auth.token', outcome: 'issued', subject: SUBJECT }),
    ]);
  });
});

describe('an attacker who redeems a code', () => {
  test.each<[string, Record<string, string | undefined>]>([
    ['with a wrong verifier', { code_verifier: 'w'.repeat(64) }],
    ['without a verifier', { code_verifier: undefined }],
    ['with an empty verifier', { code_verifier: '' }],
    ['with a verifier that is too short', { code_verifier: 'v'.repeat(42) }],
    ['with a verifier that is too long', { code_verifier: 'v'.repeat(129) }],
    ['with a verifier of other characters', { code_verifier: `${'v'.repeat(63)}é` }],
    ['with a lone surrogate and a NUL in the verifier', { code_verifier: `${'v'.repeat(60)}\ud800\0` }],
    ['with the challenge as verifier', { code_verifier: hashOf(VERIFIER) }],
    ['for another redirect_uri', { redirect_uri: `${REDIRECT}/` }],
    ['for the same redirect_uri with another port', { redirect_uri: REDIRECT.replace('7777', '7778') }],
    ['as another client', { client_id: DYNAMIC }],
    ['as a client of the same host', { client_id: 'https://agent.example/other.json' }],
  ])('%s fails, and the code stays good', async (_, changes) => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    expect(bodyOf(await scene.token(codeForm(code, changes)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'code' });
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test('fails for another resource, and the code stays good', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    for (const resource of [`${ISSUER}/mcp/mail`, `${ISSUER}/mcp`, 'https://evil.example/mcp', `${RESOURCE}#x`]) {
      expect(bodyOf(await scene.token(codeForm(code, { resource })))).toEqual({
        status: 400,
        error: 'invalid_target',
        error_description: 'The resource is not the one this grant is for.',
      });
    }
    const two = await scene.token(codeForm(code, { resource: [RESOURCE, RESOURCE] }));
    expect(bodyOf(two)).toMatchObject({ status: 400, error: 'invalid_target' });
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test.each<[string, (code: string) => string]>([
    ['truncated', (code) => code.slice(0, -1)],
    ['with something behind it', (code) => `${code}x`],
    ['with a line break behind it', (code) => `${code}\n`],
    ['with another secret', (code) => `${code.slice(0, -43)}${'x'.repeat(43)}`],
    ['with another subject', (code) => `${'T'.repeat(43)}${code.slice(43)}`],
    ['with another grant', (code) => code.replace(/\..{22}\./, `.${'g'.repeat(22)}.`)],
    ['of other characters', (code) => `${code.slice(0, -1)}é`],
    ['that names another item of the table', () => `${SUBJECT}.switch.${'x'.repeat(43)}`],
    ['of a megabyte’s kind', () => 'x'.repeat(20_000)],
    ['that is a refresh token', () => `rt1.${SUBJECT}.${'g'.repeat(22)}.1.${'x'.repeat(43)}`],
  ])('%s fails with the answer every bad code gets', async (_, change) => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    expect(bodyOf(await scene.token(codeForm(change(code))))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'code' });
  });

  test('a second time fails, ends the grant and raises a security event', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    const { refresh_token } = await tokens(scene.token(codeForm(code)));
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked', revoked: { by: AGENT, reason: 'code_reused' } });
    expect(scene.events).toContainEqual({
      event: 'auth.security',
      outcome: 'revoked',
      reason: 'code_reused',
      subject: SUBJECT,
      grantId,
      clientHash: expect.any(String),
    });
    expect(bodyOf(await scene.token(refreshForm(refresh_token)))).toEqual(INVALID_GRANT);
  });

  test('a second time, hours later, still ends the grant', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    await tokens(scene.token(codeForm(code)));
    scene.clock.advance(6 * 3_600_000);
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test.each<[string, Record<string, string>]>([
    ['as another client', { client_id: DYNAMIC }],
    ['with a wrong verifier', { code_verifier: 'w'.repeat(64) }],
    ['for another redirect_uri', { redirect_uri: 'https://evil.example/' }],
  ])('a spent one %s fails, and the grant lives on', async (_, changes) => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    await tokens(scene.token(codeForm(code)));
    expect(bodyOf(await scene.token(codeForm(code, changes)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
  });

  test('after its 60 s fails', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    scene.clock.advance(60_000);
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
  });

  test('of a grant without a challenge fails, verifier or not', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    const { codeChallenge: _, ...grant } = scene.grant(grantId) ?? ({} as never);
    await scene.store.replace(AUTH_KEYS.grant(SUBJECT, grantId), scene.clock.now(), grant, {
      validUntilMs: scene.clock.now() + 60_000,
    });
    expect(scene.grant(grantId)).not.toHaveProperty('codeChallenge');
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
    expect(bodyOf(await scene.token(codeForm(code, { code_verifier: undefined })))).toEqual(INVALID_GRANT);
  });

  test('of a client with a key, without the key, fails', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent({ client: factsOf(scene.clients.get(KEYED_AGENT) as Client) });
    expect(bodyOf(await scene.token(codeForm(code, { client_id: KEYED_AGENT })))).toEqual(INVALID_CLIENT);
  });

  test.each(['person', 'client', 'gateway'] as const)('after the %s was switched off fails', async (kind) => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    await scene.throwSwitch(kind);
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
  });
});

describe('a client that is gone', () => {
  test('learns that its registration is over, so that it registers again', async () => {
    const scene = await tokenScene();
    scene.clients.delete(DYNAMIC);
    expect(bodyOf(await scene.token(codeForm('garbage', { client_id: DYNAMIC })))).toEqual(INVALID_CLIENT);
  });

  test('that is an address is not looked up for garbage', async () => {
    const scene = await tokenScene();
    const form = codeForm('garbage', { client_id: 'https://agent.example/unknown.json' });
    expect(bodyOf(await scene.token(form))).toEqual(INVALID_GRANT);
    expect(scene.lookups).toEqual([]);
  });
});

describe('when something fails in the middle', () => {
  test('a signature that cannot be had costs no code', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    scene.signer.failures.push(DOWN, DOWN);
    for (const _ of [1, 2]) {
      const answer = await scene.token(codeForm(code));
      expect(bodyOf(answer)).toEqual(UNAVAILABLE);
      expect(answer.headers).toMatchObject({ 'Retry-After': '1', 'Cache-Control': 'no-store' });
    }
    expect(scene.grant(grantId)).toMatchObject({ phase: 'code' });
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test.each(['read', 'replace'] as const)('a table that fails to %s costs no code', async (operation) => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    scene.store.fail(TABLE_DOWN, { operation });
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(UNAVAILABLE);
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test('a refresh token key that cannot be had costs no code', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    scene.secret.failure = { service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' };
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(UNAVAILABLE);
    scene.secret.failure = undefined;
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test('an answer lost behind the write gives nothing twice: the person starts again', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    scene.store.fail('after_write');
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(UNAVAILABLE);
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('a reuse that cannot be written down is refused for now only, and found again', async () => {
    const scene = await tokenScene();
    const { code, grantId } = await scene.consent();
    await tokens(scene.token(codeForm(code)));
    scene.store.fail(TABLE_DOWN, { operation: 'replace' });
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(UNAVAILABLE);
    expect(bodyOf(await scene.token(codeForm(code)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });
});
