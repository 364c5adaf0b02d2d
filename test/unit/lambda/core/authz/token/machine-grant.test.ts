import type { GrantRecord } from '../../../../../../lambda/contract/auth-record';
import type { Client } from '../../../../../../lambda/core/authz/clients/client';
import { revokeGrant } from '../../../../../../lambda/core/authz/revoke-grant';
import {
  AGENT,
  ASSERTION_TYPE,
  bodyOf,
  claimsOf,
  DOWN,
  DYNAMIC,
  ISSUER,
  KEYED_AGENT,
  MACHINE,
  RESOURCE,
  TABLE_DOWN,
  type TokenScene,
  tokenScene,
  tokens,
  UNAVAILABLE,
} from './token-scene';

const UNAUTHORIZED = {
  status: 400,
  error: 'unauthorized_client',
  error_description: 'This client may not use this grant type.',
};

async function ask(scene: TokenScene, changes: Record<string, string | undefined> = {}) {
  return scene.token({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await scene.clientAssertion(),
    ...changes,
  });
}

async function askedGrant(scene: TokenScene, changes = {}): Promise<GrantRecord> {
  const { access_token } = await tokens(ask(scene, changes));
  return grantOf(scene, access_token);
}

function grantOf(scene: TokenScene, accessToken: string): GrantRecord {
  const { sub, sid } = claimsOf(accessToken) as { sub: string; sid: string };
  const grant = scene.grant(sid, sub);
  if (grant === undefined) throw new Error('a token without a grant');
  return grant;
}

describe('a machine', () => {
  test('gets an access token for one endpoint and no refresh token', async () => {
    const scene = await tokenScene();
    const body = await tokens(ask(scene, { resource: RESOURCE, scope: 'mcp:read' }));
    expect(body).toEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'mcp:read',
    });
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({ iss: ISSUER, aud: RESOURCE, client_id: MACHINE, scope: 'mcp:read' });
    expect(claims).not.toHaveProperty('auth_time');
    expect(grantOf(scene, body.access_token)).toMatchObject({
      phase: 'active',
      origin: 'machine',
      scopes: ['mcp:read'],
      client: { clientId: MACHINE, kind: 'registered' },
      person: { displayName: 'Agent', groups: [], isAdministrator: false },
      createdAtMs: scene.clock.now(),
    });
  });

  test('gets the default resource and all its scopes where it names none', async () => {
    const scene = await tokenScene();
    const body = await tokens(ask(scene));
    expect(claimsOf(body.access_token)).toMatchObject({ aud: `${ISSUER}/mcp`, scope: 'mcp:read mcp:write' });
  });

  test('has one grant per use, which is renewed and always outlives its tokens', async () => {
    const scene = await tokenScene();
    const first = await askedGrant(scene);
    for (const _ of Array(20).keys()) {
      scene.clock.advance(100_000);
      const { access_token } = await tokens(ask(scene));
      const grant = grantOf(scene, access_token);
      expect(grant).toMatchObject({ grantId: first.grantId, createdAtMs: first.createdAtMs });
      expect(grant.endsAtMs).toBeGreaterThanOrEqual(Number(claimsOf(access_token)['exp']) * 1000);
    }
    expect((await askedGrant(scene, { scope: 'mcp:read' })).grantId).not.toBe(first.grantId);
    expect((await askedGrant(scene, { resource: RESOURCE })).grantId).not.toBe(first.grantId);
  });

  test('writes one grant at most, and none for a second token at once', async () => {
    const scene = await tokenScene();
    await tokens(ask(scene));
    expect(scene.store.calls).toEqual(['read', 'create', 'create']);
    scene.store.calls.length = 0;
    await tokens(ask(scene));
    expect(scene.store.calls).toEqual(['read', 'create']);
  });

  test('whose grant was revoked begins anew, and no token from before comes back', async () => {
    const scene = await tokenScene();
    const first = await askedGrant(scene);
    const { subject } = first.person;
    await revokeGrant(scene.deps, subject, first.grantId, { reason: 'administrator', by: 'admin' });
    const second = await askedGrant(scene);
    expect(second.grantId).not.toBe(first.grantId);
    expect(scene.grant(first.grantId, subject)).toMatchObject({ phase: 'revoked' });
    scene.clock.advance(299_000);
    await askedGrant(scene);
    expect(scene.grant(first.grantId, subject)).toMatchObject({ phase: 'revoked' });
  });

  test('whose grant a switch ended begins anew, and the ended grant is not renewed', async () => {
    const scene = await tokenScene();
    const first = await askedGrant(scene);
    scene.clock.advance(1);
    await scene.throwSwitch('client', {}, MACHINE);
    expect(bodyOf(await ask(scene))).toEqual(UNAUTHORIZED);
    scene.clock.advance(1);
    const second = await askedGrant(scene);
    expect(second.grantId).not.toBe(first.grantId);
    expect(second.createdAtMs).toBe(scene.clock.now());
    expect(scene.grant(first.grantId, first.person.subject)).toEqual(first);
  });

  test.each(['client', 'gateway'] as const)('is refused while the %s is blocked', async (kind) => {
    const scene = await tokenScene();
    await scene.throwSwitch(kind, { blocked: true, revokedBeforeMs: 0 }, MACHINE);
    expect(bodyOf(await ask(scene))).toEqual(UNAUTHORIZED);
  });

  test('can ask again with the next assertion when the key service or the table failed', async () => {
    const scene = await tokenScene();
    scene.signer.failures.push(DOWN);
    expect(bodyOf(await ask(scene))).toEqual(UNAVAILABLE);
    scene.store.fail(TABLE_DOWN, { operation: 'create', skip: 1 });
    expect(bodyOf(await ask(scene))).toEqual(UNAVAILABLE);
    scene.store.fail('after_write');
    expect(bodyOf(await ask(scene))).toEqual(UNAVAILABLE);
    expect((await ask(scene)).status).toBe(200);
  });
});

describe('an attacker who asks for a machine’s token', () => {
  test.each([AGENT, DYNAMIC, 'desktop', 'https://agent.example/other.json'])(
    'as the public client %s fails',
    async (clientId) => {
      const scene = await tokenScene();
      expect(bodyOf(await scene.token({ grant_type: 'client_credentials', client_id: clientId }))).toEqual(
        UNAUTHORIZED,
      );
    },
  );

  test('as a client with a key that nobody entered fails', async () => {
    const scene = await tokenScene();
    const assertion = await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT);
    expect(bodyOf(await ask(scene, { client_assertion: assertion }))).toEqual(UNAUTHORIZED);
    const keyed = scene.clients.get(KEYED_AGENT) as Client;
    scene.clients.set(KEYED_AGENT, { ...keyed, grantTypes: ['client_credentials'] });
    const again = await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT);
    expect(bodyOf(await ask(scene, { client_assertion: again }))).toEqual(UNAUTHORIZED);
  });

  test('as an entered client that is no machine fails', async () => {
    const scene = await tokenScene();
    const machine = scene.clients.get(MACHINE) as Client;
    scene.clients.set(MACHINE, { ...machine, grantTypes: ['authorization_code'] });
    expect(bodyOf(await ask(scene))).toEqual(UNAUTHORIZED);
  });

  test('for the vault’s keys, or for no endpoint of ours, fails', async () => {
    const scene = await tokenScene();
    for (const resource of [`${ISSUER}/vault/v1`, `${ISSUER}/VAULT/v1/`, 'https://evil.example/mcp', '/mcp']) {
      expect(bodyOf(await ask(scene, { resource }))).toMatchObject({ status: 400, error: 'invalid_target' });
    }
  });

  test('for scopes that are not there fails', async () => {
    const scene = await tokenScene();
    for (const scope of ['vault:manage', 'admin', 'mcp:read\n']) {
      expect(bodyOf(await ask(scene, { scope }))).toMatchObject({ status: 400, error: 'invalid_scope' });
    }
  });
});
