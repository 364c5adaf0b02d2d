import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { KMSClient, ListKeysCommand, SignCommand } from '@aws-sdk/client-kms';
import { exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose';
import { PATHS } from '../../../lambda/contract/paths';
import { VAULT_SCOPE } from '../../../lambda/contract/vault-api';
import { sdkConfig } from '../../../local/aws/sdk-config';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import { type RunningServer, serveFetch } from '../../fixtures/web-server';
import { until } from '../../helpers/until';
import { modernCall } from '../harness/mcp-wire';
import { Agent, claimsOf, codeOf, parameters, postForm, type Tokens } from './agent';
import { type SignInScene, startSignInScene } from './sign-in-scene';

const COMPANY_CLIENT = 'cli';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let scene: SignInScene;
let neighbour: SignInScene;
let kms: KMSClient;
let tokens: Tokens;
let code: string;
/** A server of the attacker's: whoever fetches a key from there is noted. */
let attacker: RunningServer;
const fetched: string[] = [];
const attackerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const machine = generateKeyPairSync('ec', { namedCurve: 'P-256' });

beforeAll(async () => {
  const machineJwk = { ...machine.publicKey.export({ format: 'jwk' }), kid: 'm1', alg: 'ES256' };
  attacker = await serveFetch(async (request) => {
    fetched.push(request.url);
    return Response.json({ keys: [{ ...attackerKey.publicKey.export({ format: 'jwk' }), kid: 'evil', alg: 'ES256' }] });
  });
  const clients = [
    {
      clientId: 'machine',
      name: 'Machine',
      redirectUris: [],
      jwks: { keys: [machineJwk] },
      grantTypes: ['client_credentials' as const],
    },
    {
      clientId: COMPANY_CLIENT,
      name: 'Command line',
      redirectUris: ['http://127.0.0.1:33333/callback'],
      grantTypes: ['authorization_code' as const, 'refresh_token' as const],
    },
  ];
  scene = await startSignInScene({ clients });
  neighbour = await startSignInScene();
  kms = new KMSClient(sdkConfig(scene.gateway.aws));
  tokens = await scene.signIn(scene.agent.again());
  code = codeOf(await scene.person().signIn(scene.agent.again().authorizationUrl()));
});
afterAll(async () => {
  kms.destroy();
  await scene.close();
  await neighbour.close();
  await attacker.close();
});
beforeEach(() => {
  fetched.length = 0;
  scene.upstream.reset();
});

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const headerOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()) as object;

/** The claims of a genuine token with a change, under its header with a change; signed as `sign` says. */
async function forged(
  sign: (input: string) => string | Promise<string>,
  header: Readonly<Record<string, unknown>> = {},
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const genuine = tokens.access_token;
  const input = `${encode({ ...headerOf(genuine), ...header })}.${encode({ ...claimsOf(genuine), ...claims })}`;
  return `${input}.${await sign(input)}`;
}

const byAttacker = (input: string) =>
  createSign('sha256').update(input).sign({ key: attackerKey.privateKey, dsaEncoding: 'ieee-p1363' }, 'base64url');

/** By the gateway's own key, as only its role can; DER, as KMS answers. */
async function byOwnKey(input: string): Promise<Buffer> {
  const { Keys = [] } = await kms.send(new ListKeysCommand());
  for (const { KeyId } of Keys) {
    const signed = await kms
      .send(new SignCommand({ KeyId, Message: Buffer.from(input), SigningAlgorithm: 'ECDSA_SHA_256' }))
      .catch(() => undefined);
    if (signed?.Signature) return Buffer.from(signed.Signature);
  }
  throw new Error('no key signs');
}

/** r and s of a DER signature, 32 bytes each. */
function rawSignature(der: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 2; at < der.length; ) {
    const length = der[at + 1] ?? 0;
    const integer = der.subarray(at + 2, at + 2 + length);
    parts.push(Buffer.concat([Buffer.alloc(32), integer]).subarray(-32));
    at += 2 + length;
  }
  return Buffer.concat(parts).toString('base64url');
}

const ownSignature = async (input: string) => rawSignature(await byOwnKey(input));

async function ownPublicJwk(): Promise<Record<string, string>> {
  const { text } = await rawCall(scene.gateway.url + PATHS.jwks, { method: 'GET' });
  const [jwk = {}] = (JSON.parse(text) as { keys: Record<string, string>[] }).keys;
  return jwk;
}

async function expectRefused(token: string): Promise<void> {
  const answer = await scene.call(token);
  expect(answer.status).toBe(401);
  // What the authorizer let through and the function refuses has its challenge renamed by API Gateway.
  const { 'www-authenticate': challenge, 'x-amzn-remapped-www-authenticate': renamed } = answer.headers;
  expect(challenge ?? renamed).toContain('resource_metadata=');
  expect([scene.upstream.requests.length, fetched]).toEqual([0, []]);
  expect(answer.text).not.toContain(token);
}

test('a genuine token is accepted, and one signed by the gateway’s own key as this test signs', async () => {
  expect((await scene.call(tokens.access_token)).status).toBe(200);
  expect((await scene.call(await forged(ownSignature))).status).toBe(200);
});

const now = () => Math.floor(Date.now() / 1000);

describe('a token is refused', () => {
  const forgeries: Record<string, () => Promise<string>> = {
    'that is not signed': () => forged(() => '', { alg: 'none' }),
    'that says it is not signed, with the genuine signature': () => forged(ownSignature, { alg: 'none' }),
    'signed by HS256 with the public key as its secret': async () => {
      const jwk = await ownPublicJwk();
      const pem = await exportSPKI((await importJWK(jwk, 'ES256')) as never);
      return forged((input) => createHmac('sha256', pem).update(input).digest('base64url'), { alg: 'HS256' });
    },
    'signed by HS256 with the key set’s text as its secret': async () => {
      const secret = JSON.stringify(await ownPublicJwk());
      return forged((input) => createHmac('sha256', secret).update(input).digest('base64url'), { alg: 'HS256' });
    },
    'with the genuine signature in DER': () => forged(async (input) => (await byOwnKey(input)).toString('base64url')),
    'with an empty signature of zeros': () => forged(() => Buffer.alloc(64).toString('base64url')),
    'with a signature of bytes more': () =>
      forged(async (input) => {
        const raw = Buffer.from(await ownSignature(input), 'base64url');
        return Buffer.concat([raw, Buffer.alloc(1)]).toString('base64url');
      }),
    'with a key of the attacker’s under our key id': () => forged(byAttacker),
    'with a key of the attacker’s at jku': () => forged(byAttacker, { kid: 'evil', jku: `${attacker.origin}/jwks` }),
    'with a key of the attacker’s at x5u': () => forged(byAttacker, { kid: 'evil', x5u: `${attacker.origin}/cert` }),
    'with a key of the attacker’s in jwk': () =>
      forged(byAttacker, { kid: 'evil', jwk: attackerKey.publicKey.export({ format: 'jwk' }) }),
    'with a certificate of the attacker’s in x5c': () => forged(byAttacker, { kid: 'evil', x5c: ['MIIB'] }),
    'with a key id that is a path': () => forged(byAttacker, { kid: '../../../dev/null' }),
    'with a key id that is an address': () => forged(byAttacker, { kid: `${attacker.origin}/jwks` }),
    'with a critical header nobody knows': () => forged(ownSignature, { crit: ['x'], x: 1 }),
    'with its payload unencoded': () => forged(ownSignature, { crit: ['b64'], b64: false }),
    'of another type': () => forged(ownSignature, { typ: 'JWT' }),
    'of no type': () => forged(ownSignature, { typ: undefined }),
    'of another issuer': () => forged(ownSignature, {}, { iss: neighbour.gateway.url }),
    'of our issuer with a slash': () => forged(ownSignature, {}, { iss: `${scene.gateway.url}/` }),
    'for another endpoint': () => forged(ownSignature, {}, { aud: scene.gateway.endpoint('other') }),
    'for our endpoint with a slash': () => forged(ownSignature, {}, { aud: `${scene.gateway.endpoint('tools')}/` }),
    'for the vault': () => forged(ownSignature, {}, { aud: scene.gateway.url + PATHS.vaultResource }),
    'for nobody': () => forged(ownSignature, {}, { aud: undefined }),
    'that has expired': () => forged(ownSignature, {}, { iat: now() - 900, exp: now() - 600 }),
    'that never expires': () => forged(ownSignature, {}, { exp: undefined }),
    'that is not valid yet': () => forged(ownSignature, {}, { nbf: now() + 600 }),
    'that is of the future': () => forged(ownSignature, {}, { iat: now() + 600, exp: now() + 900 }),
    'of nobody': () => forged(ownSignature, {}, { sub: undefined }),
    'of no client': () => forged(ownSignature, {}, { client_id: undefined }),
    'of no grant': () => forged(ownSignature, {}, { sid: undefined }),
    'of a grant nobody gave': () => forged(ownSignature, {}, { sid: 'A'.repeat(22) }),
    'of another person under this grant': () => forged(ownSignature, {}, { sub: 'B'.repeat(43) }),
    'bound to a key, sent by whoever has it': () => forged(ownSignature, {}, { cnf: { jkt: 'x'.repeat(43) } }),
  };

  test.each(Object.entries(forgeries))('%s', async (_, forge) => {
    await expectRefused(await forge());
  });

  test('of another gateway, and of one for an endpoint of the same name', async () => {
    await expectRefused((await neighbour.signIn()).access_token);
  });

  test('of the identity provider: its access token, and one made out for us', async () => {
    await expectRefused(await scene.issuer.token({ resource: scene.gateway.endpoint('tools') }));
  });

  test('that is an ID token, an identity assertion or a client assertion, however well signed', async () => {
    const claims = { iss: 'machine', sub: 'machine', aud: scene.gateway.endpoint('tools'), jti: 'a', exp: now() + 60 };
    const { privateKey } = await generateKeyPair('ES256');
    for (const typ of ['JWT', 'oauth-id-jag+jwt', 'client-authentication+jwt']) {
      const header = { alg: 'ES256', typ, kid: 'm1' };
      await expectRefused(await new SignJWT(claims).setProtectedHeader(header).sign(machine.privateKey));
      await expectRefused(await new SignJWT(claims).setProtectedHeader(header).sign(privateKey));
      await expectRefused(await forged(ownSignature, { typ }));
    }
  });

  test('that is a refresh token or a code', async () => {
    await expectRefused(tokens.refresh_token);
    await expectRefused(code);
  });
});

test('a token in the address, the body or a cookie is none', async () => {
  const { headers, body } = modernCall('tools/list');
  const token = tokens.access_token;
  const endpoint = scene.gateway.endpoint('tools');
  const answers = [
    await rawCall(`${endpoint}?access_token=${token}`, { headers, body }),
    await rawCall(endpoint, { headers: [...headers, 'Cookie', `access_token=${token}`], body }),
    await postForm(endpoint, parameters({ access_token: token })),
    await rawCall(endpoint, { headers: [...headers, 'X-Authorization', `Bearer ${token}`], body }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer (?!.*error=).*resource_metadata=.*scope="mcp:tools"/);
  }
  expect(scene.upstream.requests).toHaveLength(0);
});

test('no token of a client reaches an upstream', async () => {
  await scene.call(tokens.access_token);
  expect(scene.upstream.requests.length).toBeGreaterThan(0);
  expect(scene.upstream.received().toString()).not.toContain(tokens.access_token.split('.')[2]);
});

test('a token without the scope hears which scopes the call needs', async () => {
  const answer = await scene.call(await forged(ownSignature, {}, { scope: 'other' }));
  expect(answer.status).toBe(403);
  expect(answer.headers['www-authenticate']).toMatch(
    /error="insufficient_scope".*scope="mcp:tools"|scope="mcp:tools".*error="insufficient_scope"/,
  );
});

describe('at the vault', () => {
  const list = (token: string): Promise<RawAnswer> =>
    rawCall(scene.gateway.url + PATHS.vaultOwnKeys, { method: 'GET', headers: ['Authorization', `Bearer ${token}`] });
  const vaultAgent = () =>
    new Agent({
      url: scene.gateway.url,
      clientId: COMPANY_CLIENT,
      resource: scene.gateway.url + PATHS.vaultResource,
      scope: VAULT_SCOPE,
    });

  test('an agent’s token opens nothing, and the vault’s token opens no endpoint', async () => {
    expect((await list(tokens.access_token)).status).toBe(401);
    const { access_token: token } = await scene.signIn(vaultAgent());
    expect((await list(token)).status).toBe(200);
    await expectRefused(token);
  });

  test('an agent’s token with the vault’s scope written into it opens nothing', async () => {
    expect((await list(await forged(ownSignature, {}, { scope: `mcp:tools ${VAULT_SCOPE}` }))).status).toBe(401);
  });

  test('no token opens the API that AWS signs', async () => {
    const { access_token: token } = await scene.signIn(vaultAgent());
    for (const path of [PATHS.vaultKeys, PATHS.grants, PATHS.switches]) {
      for (const bearer of [token, tokens.access_token]) {
        const headers = ['Authorization', `Bearer ${bearer}`];
        expect((await rawCall(scene.gateway.url + path, { method: 'GET', headers })).status).toBe(404);
      }
    }
  });

  test('who is no administrator cannot give the vault away, nor can an agent that registered itself ask for it', async () => {
    const refused = await scene.person('bob').signIn(vaultAgent().authorizationUrl());
    expect(refused.searchParams.get('error')).toBe('access_denied');
    const url = scene.agent.authorizationUrl({ resource: scene.gateway.url + PATHS.vaultResource, scope: VAULT_SCOPE });
    const { headers } = await rawCall(url.href, { method: 'GET' });
    expect(new URL(headers['location'] ?? '').searchParams.get('error')).toBe('invalid_target');
  });

  test('a machine gets no token for it', async () => {
    const assertion = await new SignJWT({ iss: 'machine', sub: 'machine', aud: scene.gateway.url, jti: 'vault' })
      .setProtectedHeader({ alg: 'ES256', kid: 'm1' })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(machine.privateKey);
    const answer = await postForm(
      scene.gateway.url + PATHS.token,
      parameters({
        grant_type: 'client_credentials',
        resource: scene.gateway.url + PATHS.vaultResource,
        scope: VAULT_SCOPE,
        client_assertion_type: JWT_BEARER,
        client_assertion: assertion,
      }),
    );
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'invalid_target']);
  });
});

describe('what is over is out at once', () => {
  test('a grant its client revoked', async () => {
    const { access_token: token, refresh_token: refresh } = await scene.signIn(scene.agent.again());
    expect((await scene.call(token)).status).toBe(200);
    await scene.agent.revoke(refresh);
    scene.upstream.reset();
    await expectRefused(token);
  });

  test('a grant whose code came twice', async () => {
    const agent = scene.agent.again();
    const stolen = codeOf(await scene.person().signIn(agent.authorizationUrl()));
    const { access_token: token } = JSON.parse((await agent.redeem(stolen)).text) as Tokens;
    await agent.redeem(stolen);
    await expectRefused(token);
  });

  test.each(['person', 'client', 'gateway'] as const)(
    'everything of a %s that was switched off, until it is on again',
    async (kind) => {
      const agent = await Agent.registered(scene.gateway.url, scene.gateway.endpoint('tools'));
      const pending = agent.again();
      const pendingCode = codeOf(await scene.person('bob').signIn(pending.authorizationUrl()));
      const asked = scene.person('bob');
      const { form } = await asked.reachConsent(agent.again().authorizationUrl());
      const { access_token: token, refresh_token: refresh } = await scene.signIn(agent, scene.person('bob'));
      const id = { person: claimsOf(token)['sub'], client: agent.options.clientId, gateway: undefined }[kind];
      const set = (action: string) => scene.api.call('PUT', `/switches/${kind}`, { id, action });

      expect((await set('block')).status).toBe(200);
      await expectRefused(token);
      expect((await agent.refresh(refresh)).status).toBe(400);
      expect((await pending.redeem(pendingCode)).status).toBe(400);
      expect((await asked.decide(form, 'allow')).redirect?.searchParams.has('code') ?? false).toBe(false);
      const again = await scene.person('bob').signIn(agent.again().authorizationUrl());
      expect(again.searchParams.get('error')).toBe('access_denied');

      const allowed = await set('allow');
      expect(allowed.status).toBe(200);
      // The moment before which grants are over: clocks differ, so it lies a little ahead of the switch.
      await until((JSON.parse(allowed.text) as { revokedBefore: string }).revokedBefore);
      // What was ended stays ended; a new sign-in works.
      await expectRefused(token);
      expect((await agent.refresh(refresh)).status).toBe(400);
      const fresh = await scene.signIn(agent.again(), scene.person('bob'));
      expect((await scene.call(fresh.access_token)).status).toBe(200);
    },
  );
});
