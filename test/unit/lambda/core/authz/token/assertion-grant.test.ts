import { AUTH_KEYS, type GrantRecord } from '../../../../../../lambda/contract/auth-record';
import { hashOf } from '../../../../../../lambda/core/authz/handle';
import { revokeGrant } from '../../../../../../lambda/core/authz/revoke-grant';
import {
  AGENT,
  ASSERTION_TYPE,
  bodyOf,
  claimsOf,
  DOWN,
  ID_JAG_ISSUER,
  IDP,
  INVALID_CLIENT,
  INVALID_GRANT,
  ISSUER,
  JWT_BEARER,
  KEYED_AGENT,
  MACHINE,
  makeKey,
  RESOURCE,
  type TokenScene,
  tokenScene,
  tokens,
  UNAVAILABLE,
} from './token-scene';

async function exchange(scene: TokenScene, assertion: string, changes: Record<string, string | undefined> = {}) {
  return scene.token({
    grant_type: JWT_BEARER,
    assertion,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT),
    ...changes,
  });
}

function grantOf(scene: TokenScene, accessToken: string): GrantRecord | undefined {
  const { sub, sid } = claimsOf(accessToken) as { sub: string; sid: string };
  return scene.grant(sid, sub);
}

describe('an identity assertion', () => {
  test('gives an access token for the person and the endpoint it names, and no refresh token', async () => {
    const scene = await tokenScene();
    const body = await tokens(exchange(scene, await scene.idJag({ scope: 'mcp:read other:scope' })));
    expect(body).toEqual({
      status: 200,
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'mcp:read',
    });
    expect(claimsOf(body.access_token)).toMatchObject({
      sub: hashOf(`${ID_JAG_ISSUER}\0alice`),
      aud: RESOURCE,
      client_id: KEYED_AGENT,
      scope: 'mcp:read',
    });
    expect(grantOf(scene, body.access_token)).toMatchObject({
      origin: 'assertion',
      phase: 'active',
      scopes: ['mcp:read'],
    });
  });

  test('of the company’s IdP names the same person as a sign-in there', async () => {
    const scene = await tokenScene();
    const body = await tokens(exchange(scene, await scene.idJag({ iss: IDP, sub: 'alice' })));
    expect(claimsOf(body.access_token)['sub']).toBe(hashOf(`${IDP}\0alice`));
  });

  test('gives what both the IdP vouches for and the client asks for', async () => {
    const scene = await tokenScene();
    const asked = await exchange(scene, await scene.idJag({ scope: 'mcp:read mcp:write' }), { scope: 'mcp:write' });
    expect((await tokens(asked)).scope).toBe('mcp:write');
    expect((await tokens(exchange(scene, await scene.idJag()))).scope).toBe('mcp:read mcp:write');
  });

  test('without a resource is for the one asked for, or the default one', async () => {
    const scene = await tokenScene();
    const named = await exchange(scene, await scene.idJag({ resource: undefined }), { resource: RESOURCE });
    expect(claimsOf((await tokens(named)).access_token)['aud']).toBe(RESOURCE);
    const none = await exchange(scene, await scene.idJag({ resource: undefined }));
    expect(claimsOf((await tokens(none)).access_token)['aud']).toBe(`${ISSUER}/mcp`);
  });

  test('with its audience and resource as lists of one, and the resource repeated by the request, is taken', async () => {
    const scene = await tokenScene();
    const assertion = await scene.idJag({ aud: [ISSUER], resource: [RESOURCE] });
    expect((await exchange(scene, assertion, { resource: `${RESOURCE}/` })).status).toBe(200);
  });

  test('of the same person renews one grant', async () => {
    const scene = await tokenScene();
    const [first, second] = [
      await tokens(exchange(scene, await scene.idJag())),
      await tokens(exchange(scene, await scene.idJag())),
    ];
    expect(claimsOf(second.access_token)['sid']).toBe(claimsOf(first.access_token)['sid']);
    const other = await tokens(exchange(scene, await scene.idJag({ sub: 'bob' })));
    expect(claimsOf(other.access_token)['sid']).not.toBe(claimsOf(first.access_token)['sid']);
  });

  test('is not used up where the answer is to try again', async () => {
    const scene = await tokenScene();
    const assertion = await scene.idJag();
    scene.signer.failures.push(DOWN);
    expect(bodyOf(await exchange(scene, assertion))).toEqual(UNAVAILABLE);
    expect((await exchange(scene, assertion)).status).toBe(200);
  });
});

describe('an attacker who brings an identity assertion', () => {
  const now = Math.floor(Date.UTC(2026, 10, 1) / 1000);

  test.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['of the type of an ID token', {}, { typ: 'JWT' }],
    ['of the type of an access token', {}, { typ: 'at+jwt' }],
    ['without a type', {}, { typ: undefined }],
    ['for another audience', { aud: 'https://other.example' }],
    ['for the token endpoint', { aud: `${ISSUER}/token` }],
    ['for us and another', { aud: [ISSUER, 'https://other.example'] }],
    ['without an audience', { aud: undefined }],
    ['of an issuer nobody trusts', { iss: 'https://evil.example' }],
    ['of a trusted issuer with a slash', { iss: `${ID_JAG_ISSUER}/` }],
    ['of our own name', { iss: ISSUER }],
    ['without an issuer', { iss: undefined }],
    ['for another client', { client_id: AGENT }],
    ['for no client', { client_id: undefined }],
    ['without a subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['without jti', { jti: undefined }],
    ['without exp', { exp: undefined }],
    ['without iat', { iat: undefined }],
    ['that expired', { iat: now - 70, exp: now - 10 }],
    ['good for more than five minutes', { exp: now + 301 }],
    ['made in the future', { iat: now + 10 }],
    ['not good yet', { nbf: now + 10 }],
    ['bound to a key', { cnf: { jkt: 'x' } }],
    ['with finer rights than scopes', { authorization_details: [{ type: 'x' }] }],
    ['for a resource of somebody else', { resource: 'https://other.example/mcp' }],
    ['for the vault’s keys', { resource: `${ISSUER}/vault/v1` }],
    ['for two resources', { resource: [RESOURCE, `${ISSUER}/mcp/mail`] }],
    ['for a resource that is no text', { resource: { url: RESOURCE } }],
    ['for an empty resource', { resource: '' }],
    ['with scopes that are no text', { scope: ['mcp:read'] }],
    ['by a key the issuer does not have', {}, { kid: 'other' }],
  ])('%s fails', async (_, claims, header = {}) => {
    const scene = await tokenScene();
    expect(bodyOf(await exchange(scene, await scene.idJag(claims, header)))).toEqual(INVALID_GRANT);
  });

  test('signed by somebody else under the issuer’s key id fails', async () => {
    const scene = await tokenScene();
    expect(bodyOf(await exchange(scene, await scene.idJag({}, {}, await makeKey('idp-1'))))).toEqual(INVALID_GRANT);
    expect(bodyOf(await exchange(scene, await scene.idJag({}, {}, scene.agentKey)))).toEqual(INVALID_GRANT);
  });

  test('that is no JWT fails', async () => {
    const scene = await tokenScene();
    for (const assertion of ['garbage', 'a.b.c', 'e30.bnVsbA.', 'x'.repeat(20_000)]) {
      expect(bodyOf(await exchange(scene, assertion))).toEqual(INVALID_GRANT);
    }
    expect(bodyOf(await exchange(scene, ''))).toMatchObject({
      error_description: 'The parameter assertion is missing.',
    });
  });

  test('as a public client fails, however good the assertion', async () => {
    const scene = await tokenScene();
    const assertion = await scene.idJag({ client_id: AGENT });
    const form = { grant_type: JWT_BEARER, assertion, client_id: AGENT };
    expect(bodyOf(await scene.token(form))).toEqual(INVALID_CLIENT);
    expect(bodyOf(await scene.token({ ...form, client_id: 'desktop' }))).toEqual(INVALID_CLIENT);
  });

  test('a second time fails', async () => {
    const scene = await tokenScene();
    const assertion = await scene.idJag();
    expect((await exchange(scene, assertion)).status).toBe(200);
    expect(bodyOf(await exchange(scene, assertion))).toEqual(INVALID_GRANT);
  });

  test('for a client its issuer may not speak for fails', async () => {
    const scene = await tokenScene({ config: { assertionIssuers: [{ issuer: ID_JAG_ISSUER, clientIds: [MACHINE] }] } });
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
  });

  test('where no issuer is configured fails', async () => {
    const scene = await tokenScene({ config: { assertionIssuers: [] } });
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toMatchObject({ error: 'unauthorized_client' });
  });

  test('for a person who may not sign in fails', async () => {
    const scene = await tokenScene();
    const identityProvider = { ...scene.config.identityProvider, allowed: { groups: ['staff'] } };
    Object.assign(scene.config, { identityProvider });
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
    expect(bodyOf(await exchange(scene, await scene.idJag({ groups: ['guests'] })))).toEqual(INVALID_GRANT);
    expect((await exchange(scene, await scene.idJag({ groups: ['staff'] }))).status).toBe(200);
  });

  test.each(['person', 'client', 'gateway'] as const)('while the %s is blocked fails', async (kind) => {
    const scene = await tokenScene();
    const key = {
      person: AUTH_KEYS.personSwitch(hashOf(`${ID_JAG_ISSUER}\0alice`)),
      client: AUTH_KEYS.clientSwitch(hashOf(KEYED_AGENT)),
      gateway: AUTH_KEYS.gatewaySwitch(),
    }[kind];
    const record = { kind, blocked: true, revokedBeforeMs: 0, updatedAtMs: 0, updatedBy: 'admin' };
    await scene.store.create(key, record, { validUntilMs: Number.MAX_SAFE_INTEGER });
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
  });

  test('for another resource than it names fails', async () => {
    const scene = await tokenScene();
    for (const resource of [`${ISSUER}/mcp`, 'https://evil.example']) {
      expect(bodyOf(await exchange(scene, await scene.idJag(), { resource }))).toMatchObject({
        error: 'invalid_target',
      });
    }
  });

  test('for scopes it does not have fails', async () => {
    const scene = await tokenScene();
    const asked = await exchange(scene, await scene.idJag({ scope: 'mcp:read' }), { scope: 'mcp:write' });
    expect(bodyOf(asked)).toMatchObject({ status: 400, error: 'invalid_scope' });
    const unknown = await exchange(scene, await scene.idJag({ scope: 'vault:manage' }));
    expect(bodyOf(unknown)).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  test('while the issuer’s keys cannot be had is told to try again', async () => {
    const scene = await tokenScene();
    const assertion = await scene.idJag();
    const clientAssertion = await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT);
    const { forIssuer } = scene.deps.assertions;
    Object.assign(scene.deps.assertions, { forIssuer: async () => ({ ok: false, error: 'unreachable' }) });
    const form = { client_assertion: clientAssertion };
    expect(bodyOf(await exchange(scene, assertion, form))).toEqual(UNAVAILABLE);
    Object.assign(scene.deps.assertions, { forIssuer });
    expect((await exchange(scene, assertion, form)).status).toBe(200);
  });
});

describe('an agent whose grant was ended', () => {
  async function endedBy(reason: 'person' | 'administrator') {
    const scene = await tokenScene();
    const grant = grantOf(scene, (await tokens(exchange(scene, await scene.idJag()))).access_token) as GrantRecord;
    await revokeGrant(scene.deps, grant.person.subject, grant.grantId, { reason, by: 'x' });
    scene.clock.advance(1);
    return { scene, grant };
  }

  test.each(['person', 'administrator'] as const)(
    'by a %s fails to come back with the next assertions, for a week, and leaves nothing behind',
    async (reason) => {
      const { scene } = await endedBy(reason);
      for (const scope of [undefined, 'mcp:read', 'mcp:write']) {
        expect(bodyOf(await exchange(scene, await scene.idJag({ scope })))).toEqual(INVALID_GRANT);
        scene.clock.advance(86_400_000);
      }
      expect(scene.store.dump().split('grant#').length - 1).toBe(1);
      expect((await exchange(scene, await scene.idJag({ sub: 'bob' }))).status).toBe(200);
      scene.clock.advance(5 * 86_400_000);
      expect((await exchange(scene, await scene.idJag())).status).toBe(200);
    },
  );

  test('by its person fails to come back by an administrator’s word for the client', async () => {
    const { scene } = await endedBy('person');
    await scene.throwSwitch('client', { revokedBeforeMs: 0, allowedAtMs: scene.clock.now() }, KEYED_AGENT);
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
  });

  test('fails to go on with the grant beside the one its person ended, whichever of the two that is', async () => {
    for (const which of ['usual', 'stand-in'] as const) {
      const scene = await tokenScene();
      const ask = async () => grantOf(scene, (await tokens(exchange(scene, await scene.idJag()))).access_token);
      const usual = (await ask()) as GrantRecord;
      const { subject } = usual.person;
      await revokeGrant(scene.deps, subject, usual.grantId, { reason: 'client', by: KEYED_AGENT });
      scene.clock.advance(599_000);
      const standIn = (await ask()) as GrantRecord;
      // Nothing names the usual one any more: it serves again, while the other still counts.
      scene.clock.advance(2_000);
      expect(await ask()).toMatchObject({ grantId: usual.grantId, phase: 'active' });
      const { grantId } = which === 'usual' ? usual : standIn;
      await revokeGrant(scene.deps, subject, grantId, { reason: 'person', by: subject });
      expect([usual, standIn].map((one) => scene.grant(one.grantId, subject)?.phase)).toEqual(['revoked', 'revoked']);
      expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
    }
  });

  test('by itself, all day long, fails to fill up the list its person has to end it by', async () => {
    const scene = await tokenScene();
    const subjects = new Set<string>();
    for (const _ of Array(60).keys()) {
      const grant = grantOf(scene, (await tokens(exchange(scene, await scene.idJag()))).access_token) as GrantRecord;
      subjects.add(grant.person.subject);
      await revokeGrant(scene.deps, grant.person.subject, grant.grantId, { reason: 'client', by: KEYED_AGENT });
      scene.clock.advance(60_000);
    }
    const [subject = '', ...others] = subjects;
    const listed = await scene.store.list(AUTH_KEYS.person(subject), 'grant#');
    // Twice as long as a token lives, at one a minute.
    expect([others, listed.ok && listed.value.length]).toEqual([[], 9]);
  });

  test('fails to come back by having given its first grant up itself', async () => {
    const scene = await tokenScene();
    const ask = async () => grantOf(scene, (await tokens(exchange(scene, await scene.idJag()))).access_token);
    const first = (await ask()) as GrantRecord;
    const { subject } = first.person;
    await revokeGrant(scene.deps, subject, first.grantId, { reason: 'client', by: KEYED_AGENT });
    const second = (await ask()) as GrantRecord;
    expect(second).toMatchObject({ standsInFor: first.grantId });
    await revokeGrant(scene.deps, subject, second.grantId, { reason: 'person', by: subject });
    scene.clock.advance(3_600_000);
    expect(bodyOf(await exchange(scene, await scene.idJag()))).toEqual(INVALID_GRANT);
  });
});
