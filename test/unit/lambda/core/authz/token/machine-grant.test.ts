import { AUTH_KEYS, type GrantRecord } from '../../../../../../lambda/contract/auth-record';
import { type Client, clientHash } from '../../../../../../lambda/core/authz/clients/client';
import { revokeGrant } from '../../../../../../lambda/core/authz/revoke-grant';
import { setSwitch } from '../../../../../../lambda/core/grants/set-switch';
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
    expect(await askedGrant(scene, { scope: 'mcp:read' })).toMatchObject({
      grantId: first.grantId,
      scopes: ['mcp:read', 'mcp:write'],
    });
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

  test('that gives its own token up begins anew: one grant for each time, and no token from before comes back', async () => {
    const scene = await tokenScene();
    const seen = new Set<string>();
    for (const _ of Array(12).keys()) {
      const tokensOfJob = [await tokens(ask(scene)), await tokens(ask(scene))];
      const [grantId = '', ...others] = new Set(
        tokensOfJob.map(({ access_token }) => grantOf(scene, access_token).grantId),
      );
      expect([others, seen.has(grantId)]).toEqual([[], false]);
      seen.add(grantId);
      const token = tokensOfJob[0]?.access_token;
      const revoked = await scene.revoke({
        token,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await scene.clientAssertion(),
      });
      expect(revoked.status).toBe(200);
      scene.clock.advance(45_000);
    }
    expect(scene.store.dump().split('grant#').length - 1).toBe(12);
    // Once they are over, the first of them serves again.
    scene.clock.advance(600_000);
    expect(seen.has((await askedGrant(scene)).grantId)).toBe(true);
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

describe('a machine whose grant an administrator ended', () => {
  async function ended() {
    const scene = await tokenScene();
    const grant = await askedGrant(scene);
    await revokeGrant(scene.deps, grant.person.subject, grant.grantId, { reason: 'administrator', by: 'admin' });
    scene.clock.advance(1);
    return { scene, grant };
  }

  test('fails to begin anew while the end is remembered, with fewer scopes too, and leaves nothing behind', async () => {
    const { scene } = await ended();
    for (const scope of [undefined, 'mcp:read', 'mcp:write']) {
      expect(bodyOf(await ask(scene, { scope }))).toEqual(UNAUTHORIZED);
      scene.clock.advance(86_400_000);
    }
    expect(scene.store.dump().split('grant#').length - 1).toBe(1);
    scene.clock.advance(5 * 86_400_000);
    expect((await ask(scene)).status).toBe(200);
  });

  test.each(['person', 'client'] as const)('begins anew once the %s is allowed again', async (kind) => {
    const { scene, grant } = await ended();
    const key =
      kind === 'client' ? AUTH_KEYS.clientSwitch(clientHash(MACHINE)) : AUTH_KEYS.personSwitch(grant.person.subject);
    const change = { kind, key, id: 'x', action: 'allow', actor: 'admin' } as const;
    expect(await setSwitch(change, scene.deps)).toMatchObject({ ok: true });
    const next = await askedGrant(scene);
    expect(next.grantId).not.toBe(grant.grantId);
    expect(scene.grant(grant.grantId, grant.person.subject)).toMatchObject({ phase: 'revoked' });
    scene.clock.advance(601_000);
    expect((await askedGrant(scene)).grantId).toBe(grant.grantId);
  });

  test('fails after the whole gateway was allowed again: that was not about it', async () => {
    const { scene } = await ended();
    const change = {
      kind: 'gateway',
      key: AUTH_KEYS.gatewaySwitch(),
      id: undefined,
      action: 'allow',
      actor: 'admin',
    } as const;
    await setSwitch(change, scene.deps);
    expect(bodyOf(await ask(scene))).toEqual(UNAUTHORIZED);
  });

  test('fails where it gave its own grant up before, and the next was ended', async () => {
    const scene = await tokenScene();
    const first = await askedGrant(scene);
    const { subject } = first.person;
    await revokeGrant(scene.deps, subject, first.grantId, { reason: 'client', by: MACHINE });
    const next = await askedGrant(scene);
    await revokeGrant(scene.deps, subject, next.grantId, { reason: 'administrator', by: 'admin' });
    for (const waitMs of [0, 400_000, 400_000, 86_400_000]) {
      scene.clock.advance(waitMs);
      expect(bodyOf(await ask(scene))).toEqual(UNAUTHORIZED);
    }
  });
});
