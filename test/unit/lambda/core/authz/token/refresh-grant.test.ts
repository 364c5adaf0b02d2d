import type { AuthorizationServerConfig } from '../../../../../../lambda/config/gateway-config';
import type { GrantRecord } from '../../../../../../lambda/contract/auth-record';
import type { Client } from '../../../../../../lambda/core/authz/clients/client';
import { factsOf } from '../../../../../../lambda/core/authz/clients/client';
import { mintRefreshToken } from '../../../../../../lambda/core/authz/refresh-token';
import {
  AGENT,
  bodyOf,
  claimsOf,
  codeForm,
  DOWN,
  DYNAMIC,
  INVALID_CLIENT,
  INVALID_GRANT,
  ISSUER,
  RESOURCE,
  refreshForm,
  SUBJECT,
  TABLE_DOWN,
  type TokenScene,
  tokenScene,
  tokens,
  UNAVAILABLE,
} from './token-scene';

const DAY_MS = 86_400_000;

async function signedIn(scene: TokenScene, changes: Partial<GrantRecord> = {}, clientId = AGENT) {
  const { code, grantId } = await scene.consent(changes);
  const { refresh_token, access_token } = await tokens(scene.token(codeForm(code, { client_id: clientId })));
  return { grantId, first: refresh_token, accessToken: access_token };
}

async function next(scene: TokenScene, token: string): Promise<string> {
  return (await tokens(scene.token(refreshForm(token)))).refresh_token;
}

describe('a refresh token', () => {
  test('gives new tokens, with one read, one signature and one write', async () => {
    const scene = await tokenScene();
    const { first, grantId, accessToken } = await signedIn(scene);
    scene.store.calls.length = 0;
    scene.signer.calls = 0;
    scene.clock.advance(DAY_MS);
    const body = await tokens(scene.token(refreshForm(first)));
    expect(scene.store.calls).toEqual(['read', 'replace']);
    expect(scene.signer.calls).toBe(1);
    expect(scene.lookups).toEqual([]);
    expect(body.refresh_token).toMatch(new RegExp(`^rt1\\.${SUBJECT}\\.${grantId}\\.2\\.`));
    expect(claimsOf(body.access_token)).toMatchObject({ sid: grantId, aud: RESOURCE, client_id: AGENT });
    expect(claimsOf(body.access_token)['jti']).not.toBe(claimsOf(accessToken)['jti']);
    expect(scene.grant(grantId)).toMatchObject({
      generation: 2,
      rotatedAtMs: scene.clock.now(),
      lastUsedAtMs: scene.clock.now(),
    });
  });

  test('gives fewer scopes to the access token where fewer are asked for, and all of them again the next time', async () => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    const narrow = await tokens(scene.token(refreshForm(first, { scope: 'mcp:read' })));
    expect(narrow.scope).toBe('mcp:read');
    expect(claimsOf(narrow.access_token)['scope']).toBe('mcp:read');
    expect((await tokens(scene.token(refreshForm(narrow.refresh_token)))).scope).toBe('mcp:read mcp:write');
  });

  test('just used gives the identical successor for 60 s, and writes nothing', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    const second = await next(scene, first);
    scene.clock.advance(59_999);
    scene.store.calls.length = 0;
    expect(await next(scene, first)).toBe(second);
    expect(scene.store.calls).toEqual(['read']);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active', generation: 2 });
  });

  test('that is repeated may not widen its scope either', async () => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    await next(scene, first);
    expect(bodyOf(await scene.token(refreshForm(first, { scope: 'mcp:admin' })))).toMatchObject({
      error: 'invalid_scope',
    });
  });

  test('lives as long as it is used, and not past the end of the grant', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    let token = first;
    for (let days = 0; days < 87; days += 29) {
      scene.clock.advance(29 * DAY_MS);
      token = await next(scene, token);
    }
    const endsAtMs = scene.grant(grantId)?.endsAtMs ?? 0;
    expect(endsAtMs - scene.clock.now()).toBe(3 * DAY_MS);
    scene.clock.set(endsAtMs - 100_000);
    const last = await tokens(scene.token(refreshForm(token)));
    expect(last.expires_in).toBe(100);
    expect(claimsOf(last.access_token)['exp']).toBe(endsAtMs / 1000);
    scene.clock.set(endsAtMs);
    expect(bodyOf(await scene.token(refreshForm(last.refresh_token)))).toEqual(INVALID_GRANT);
  });

  test('of a client whose entry does not allow it is neither given nor taken', async () => {
    const scene = await tokenScene();
    const desktop = { ...(scene.clients.get('desktop') as Client), grantTypes: ['authorization_code'] };
    scene.clients.set('desktop', desktop);
    const { code, grantId } = await scene.consent({ client: factsOf(desktop) });
    const body = await tokens(scene.token(codeForm(code, { client_id: 'desktop' })));
    expect(body).not.toHaveProperty('refresh_token');
    const made = mintRefreshToken(Buffer.alloc(32, 7), { subject: SUBJECT, grantId, generation: 1 }, 'desktop');
    expect(bodyOf(await scene.token(refreshForm(made, { client_id: 'desktop' })))).toMatchObject({
      status: 400,
      error: 'unauthorized_client',
    });
  });
});

describe('an attacker who refreshes', () => {
  test.each<[string, (token: string) => string]>([
    ['a forged MAC', (token) => `${token.slice(0, -43)}${'x'.repeat(43)}`],
    ['the MAC in another spelling', (token) => token.slice(0, -1) + neighbour(token.slice(-1))],
    ['a later generation', (token) => token.replace('.1.', '.2.')],
    ['a generation of the same value', (token) => token.replace('.1.', '.01.')],
    ['another person', (token) => token.replace(SUBJECT, 'T'.repeat(43))],
    ['another grant', (token) => token.replace(/^(rt1\.[^.]+\.)[^.]+/, `$1${'g'.repeat(22)}`)],
    ['another version', (token) => token.replace('rt1', 'rt2')],
    ['something behind it', (token) => `${token} `],
    ['nothing of ours', () => 'garbage'],
  ])('with %s fails before anything is read', async (_, change) => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    scene.store.calls.length = 0;
    expect(bodyOf(await scene.token(refreshForm(change(first))))).toEqual(INVALID_GRANT);
    expect(scene.store.calls).toEqual([]);
  });

  test('as another client fails, and revokes nothing', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    await next(scene, first);
    scene.clock.advance(DAY_MS);
    expect(bodyOf(await scene.token(refreshForm(first, { client_id: DYNAMIC })))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active' });
  });

  test('with the previous token after the grace fails, ends the grant and raises a security event', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    const second = await next(scene, first);
    scene.clock.advance(60_000);
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked', revoked: { reason: 'refresh_token_reused' } });
    expect(scene.events).toContainEqual(
      expect.objectContaining({ event: 'auth.security', outcome: 'revoked', reason: 'refresh_token_reused', grantId }),
    );
    expect(bodyOf(await scene.token(refreshForm(second)))).toEqual(INVALID_GRANT);
  });

  test('with a token two generations old fails at once, grace or not, and ends the grant', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    const third = await next(scene, await next(scene, first));
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
    expect(bodyOf(await scene.token(refreshForm(third)))).toEqual(INVALID_GRANT);
  });

  test('with the previous token where the operator wants no grace fails, and ends the grant', async () => {
    const scene = await tokenScene({ config: { refreshGraceSeconds: 0 } });
    const { first, grantId } = await signedIn(scene);
    await next(scene, first);
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test.each(['mcp:read mcp:admin', 'vault:manage', 'mcp:read"', 'mcp:read\tmcp:write', 'MCP:READ'])(
    'for the scope %j fails, and the token is not used up',
    async (scope) => {
      const scene = await tokenScene();
      const { first, grantId } = await signedIn(scene);
      expect(bodyOf(await scene.token(refreshForm(first, { scope })))).toEqual({
        status: 400,
        error: 'invalid_scope',
        error_description: 'A scope was asked for that this grant does not have.',
      });
      expect(scene.grant(grantId)).toMatchObject({ generation: 1 });
    },
  );

  test('for another resource fails, and the token is not used up', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    for (const resource of [`${ISSUER}/mcp`, `${ISSUER}/vault/v1`, 'notes']) {
      expect(bodyOf(await scene.token(refreshForm(first, { resource })))).toMatchObject({ error: 'invalid_target' });
    }
    expect(scene.grant(grantId)).toMatchObject({ generation: 1 });
  });

  test('before the code was redeemed fails, even with the right MAC', async () => {
    const scene = await tokenScene();
    const { grantId } = await scene.consent();
    for (const generation of [1, 999_999_999]) {
      const made = mintRefreshToken(Buffer.alloc(32, 7), { subject: SUBJECT, grantId, generation }, AGENT);
      expect(bodyOf(await scene.token(refreshForm(made)))).toEqual(INVALID_GRANT);
    }
    expect(scene.grant(grantId)).toMatchObject({ phase: 'code' });
  });

  test('after 30 idle days fails', async () => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    scene.clock.advance(30 * DAY_MS);
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
  });

  test('a grant older than a limit the operator has lowered since fails', async () => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    scene.clock.advance(2 * DAY_MS);
    Object.assign(scene.config, { grantMaxSeconds: 86_400 });
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
  });

  test.each(['person', 'client', 'gateway'] as const)('after the %s was switched off fails', async (kind) => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    await scene.throwSwitch(kind, { blocked: true, revokedBeforeMs: 0 });
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(INVALID_GRANT);
  });

  test.each<[string, (config: AuthorizationServerConfig) => Partial<AuthorizationServerConfig>, object]>([
    [
      'the group of the person',
      ({ identityProvider: idp }) => ({ identityProvider: { ...idp, allowed: { groups: ['board'] } } }),
      INVALID_GRANT,
    ],
    [
      'the domain of the person',
      ({ identityProvider: idp }) => ({ identityProvider: { ...idp, allowed: { domains: ['other.example'] } } }),
      INVALID_GRANT,
    ],
    [
      'the host of the client',
      ({ clientIdMetadata }) => ({ clientIdMetadata: { ...clientIdMetadata, allowedHosts: [] } }),
      INVALID_CLIENT,
    ],
    [
      'client documents',
      ({ clientIdMetadata }) => ({ clientIdMetadata: { ...clientIdMetadata, enabled: false } }),
      INVALID_CLIENT,
    ],
  ])('after the operator has taken back %s fails', async (_, change, answer) => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene);
    Object.assign(scene.config, change(scene.config));
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(answer);
  });

  test('as an administrator who is none any more fails', async () => {
    const scene = await tokenScene();
    const desktop = factsOf(scene.clients.get('desktop') as Client);
    const person = {
      subject: SUBJECT,
      displayName: 'a',
      groups: ['admins'],
      isAdministrator: true,
      authenticatedAtMs: 0,
    };
    const changes = { client: desktop, person, scopes: ['vault:manage'], resource: `${ISSUER}/vault/v1` };
    const { first } = await signedIn(scene, changes, 'desktop');
    const again = await tokens(scene.token(refreshForm(first, { client_id: 'desktop' })));
    Object.assign(scene.config, {
      identityProvider: { ...scene.config.identityProvider, administratorGroups: ['root'] },
    });
    const form = refreshForm(again.refresh_token, { client_id: 'desktop' });
    expect(bodyOf(await scene.token(form))).toEqual(INVALID_GRANT);
  });

  test('a registered client that is no longer entered, or self-registration that is off, fails', async () => {
    const scene = await tokenScene();
    const { first } = await signedIn(scene, { client: factsOf(scene.clients.get('desktop') as Client) }, 'desktop');
    Object.assign(scene.config, {
      clients: [],
      dynamicRegistration: { ...scene.config.dynamicRegistration, enabled: false },
    });
    expect(bodyOf(await scene.token(refreshForm(first, { client_id: 'desktop' })))).toEqual(INVALID_CLIENT);
    const other = await tokenScene({ config: { dynamicRegistration: scene.config.dynamicRegistration } });
    const { code } = await other.consent({ client: factsOf(other.clients.get(DYNAMIC) as Client) });
    expect(bodyOf(await other.token(codeForm(code, { client_id: DYNAMIC })))).toEqual(INVALID_CLIENT);
  });
});

describe('when something fails in the middle', () => {
  test('a failing signature, read or write costs no refresh token', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    scene.signer.failures.push(DOWN);
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(UNAVAILABLE);
    scene.store.fail(TABLE_DOWN, { operation: 'read' });
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(UNAVAILABLE);
    scene.store.fail(TABLE_DOWN, { operation: 'replace' });
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(UNAVAILABLE);
    scene.secret.failure = DOWN;
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(UNAVAILABLE);
    scene.secret.failure = undefined;
    expect(scene.grant(grantId)).toMatchObject({ generation: 1 });
    expect((await scene.token(refreshForm(first))).status).toBe(200);
  });

  test('an answer lost behind the write is given again', async () => {
    const scene = await tokenScene();
    const { first, grantId } = await signedIn(scene);
    scene.store.fail('after_write');
    expect(bodyOf(await scene.token(refreshForm(first)))).toEqual(UNAVAILABLE);
    expect(await next(scene, first)).toMatch(/\.2\.[\w-]{43}$/);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active', generation: 2 });
  });
});

/** Of 43 base64url characters the last has two bits to spare: another one decodes to the same bytes. */
function neighbour(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) ^ 1] ?? '';
}

test('a thief who refreshes a token for the vault’s keys has it for eight hours from the consent, those of old grants too', async () => {
  const scene = await tokenScene();
  const scopes = ['vault:manage'];
  const client = factsOf(scene.clients.get('desktop') as Client);
  const person = {
    subject: SUBJECT,
    displayName: 'root',
    groups: ['admins'],
    isAdministrator: true,
    authenticatedAtMs: 0,
  };
  const { grantId, first } = await signedIn(
    scene,
    { scopes, client, person, resource: `${ISSUER}/vault/v1` },
    'desktop',
  );
  expect(scene.grant(grantId)?.endsAtMs).toBe(scene.clock.now() + 8 * 3_600_000);
  const as = { client_id: 'desktop' };
  let token = first;
  for (let hour = 1; hour < 8; hour += 1) {
    scene.clock.advance(3_600_000);
    token = (await tokens(scene.token(refreshForm(token, as)))).refresh_token;
  }
  scene.clock.advance(3_600_000 - 60_000);
  const last = await tokens(scene.token(refreshForm(token, as)));
  expect(last.expires_in).toBe(60);
  scene.clock.advance(60_000);
  expect(bodyOf(await scene.token(refreshForm(last.refresh_token, as)))).toEqual(INVALID_GRANT);
});
