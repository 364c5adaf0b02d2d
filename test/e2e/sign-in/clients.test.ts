import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  CrossAppAccessProvider,
  createPrivateKeyJwtAuth,
  PrivateKeyJwtProvider,
  UnauthorizedError as UnauthorizedV2,
} from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { decodeJwt } from 'jose';
import { type ForgingIdp, startForgingIdp } from '../../fixtures/forging-idp';
import { type AgentIdentity, AgentProvider } from './agent-provider';
import { type AgentSdk, SDK_V1, sdkV2 } from './agents';
import { type KeyedScene, SCENE_TOOLS, SHOWN_KEY, startKeyedScene } from './keyed-scene';

jest.setTimeout(60_000);

const SHOWN = [{ type: 'text', text: SHOWN_KEY }];

const RSA = keyPair('chatgpt-1', 'RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }));
const EC = keyPair('machine-1', 'ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }));

/** Shaped as the documents of deployed agents are: one for any free port of this machine, one with keys elsewhere. */
const LOCAL_AGENT = 'https://claude.ai/oauth/local-agent-metadata';
const HOSTED_AGENT = 'https://chatgpt.com/oauth/plugin-1/client.json';
const HOSTED_KEYS = 'https://chatgpt.com/oauth/jwks.json';
const HOSTED_REDIRECT = 'https://chatgpt.com/connector_platform_oauth_redirect';
const DOCUMENTS = {
  [LOCAL_AGENT]: {
    client_id: LOCAL_AGENT,
    client_name: 'Local agent',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  [HOSTED_AGENT]: {
    client_id: HOSTED_AGENT,
    client_name: 'Hosted agent',
    redirect_uris: [HOSTED_REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS256',
    jwks_uri: HOSTED_KEYS,
  },
  [HOSTED_KEYS]: { keys: [RSA.publicJwk] },
};

const MACHINE = 'nightly-report';

let assertions: ForgingIdp;
let scene: KeyedScene;

beforeAll(async () => {
  assertions = await startForgingIdp('unused', 'unused');
  scene = await startKeyedScene({
    documents: DOCUMENTS,
    clients: [
      {
        clientId: MACHINE,
        name: 'Nightly report',
        redirectUris: [],
        grantTypes: ['client_credentials'],
        jwks: { keys: [EC.publicJwk] },
      },
    ],
    assertionIssuers: [{ issuer: assertions.issuer, clientIds: [MACHINE] }],
  });
});
afterAll(async () => {
  await scene?.close();
  await assertions?.close();
});

// SDK v2 says there that a grant is over.
beforeEach(() => jest.spyOn(console, 'warn').mockImplementation());

const SDKS: Record<string, AgentSdk> = {
  'SDK v1': SDK_V1,
  'SDK v2, older revisions': sdkV2('legacy'),
  'SDK v2, 2026-07-28': sdkV2({ pin: '2026-07-28' }),
};

interface Kind {
  readonly identity: AgentIdentity;
  /** How it came by its client id. */
  readonly registers: boolean;
}

const KINDS: Record<string, Kind> = {
  'a client id that is a document, any port of this machine': {
    identity: { redirectUri: 'http://localhost:53682/callback', documentUrl: LOCAL_AGENT },
    registers: false,
  },
  'a client id that is a document, and a key of its own': {
    identity: {
      redirectUri: HOSTED_REDIRECT,
      documentUrl: HOSTED_AGENT,
      authenticate: createPrivateKeyJwtAuth({
        issuer: HOSTED_AGENT,
        subject: HOSTED_AGENT,
        privateKey: RSA.privateJwk,
        alg: 'RS256',
      }),
    },
    registers: false,
  },
  'dynamic registration': { identity: { redirectUri: 'http://127.0.0.1:33418/callback' }, registers: true },
};

describe.each(Object.keys(SDKS))('%s', (sdkName) => {
  const sdk = SDKS[sdkName] as AgentSdk;

  test.each(Object.keys(KINDS))('%s: signs in, calls, renews, and is out once revoked', async (kindName) => {
    const { identity, registers } = KINDS[kindName] as Kind;
    const provider = new AgentProvider(identity);
    const seen = recorder();

    await expect(sdk.connect(scene.endpoint, provider, seen.fetch)).rejects.toBeInstanceOf(
      sdk === SDK_V1 ? UnauthorizedV1 : UnauthorizedV2,
    );
    expect(seen.requests).toEqual([
      'POST /mcp/keyed 401',
      'GET /.well-known/oauth-protected-resource/mcp/keyed 200',
      'GET /.well-known/oauth-authorization-server 200',
      ...(registers ? ['POST /register 201'] : []),
    ]);
    const browser = scene.person();
    const answer = await browser.signIn(provider.authorizationUrls[0] as URL);
    expect(answer.href.split('?')[0]).toBe(identity.redirectUri);
    expect(answer.searchParams.get('iss')).toBe(scene.gateway.url);
    await sdk.finish(scene.endpoint, provider, answer, seen.fetch);
    const first = provider.saved;
    expect(decodeJwt(first?.access_token ?? '')).toMatchObject({
      iss: scene.gateway.url,
      aud: scene.endpoint,
      client_id: identity.documentUrl ?? provider.registered?.client_id,
      scope: 'mcp:tools',
    });

    const agent = await sdk.connect(scene.endpoint, provider, seen.fetch);
    expect(await agent.listTools()).toEqual(SCENE_TOOLS);
    expect(await agent.callTool('show_key')).toEqual(SHOWN);

    provider.saved = { ...first, access_token: 'one.that.expired' };
    expect(await agent.callTool('show_key')).toEqual(SHOWN);
    const renewed = provider.saved;
    expect(renewed.refresh_token).not.toBe(first?.refresh_token);
    expect(decodeJwt(renewed.access_token)['sid']).toBe(decodeJwt(first?.access_token ?? '')['sid']);

    await browser.revokeAll();
    expect(await statusOf(renewed.access_token)).toBe(401);
    await expect(agent.callTool('show_key')).rejects.toBeInstanceOf(sdk === SDK_V1 ? UnauthorizedV1 : UnauthorizedV2);
    expect(provider.authorizationUrls).toHaveLength(2);
    await agent.close();
    expect(secretsIn(scene.gateway.logs(), [first, renewed], answer)).toEqual([]);
  });
});

describe('of a gateway with several endpoints, whose one 401 names them all', () => {
  let several: KeyedScene;

  beforeAll(async () => {
    several = await startKeyedScene({ hasOtherEndpoint: true });
  });
  afterAll(() => several?.close());

  test.each(Object.keys(SDKS))('%s signs in for all of them', async (sdkName) => {
    const sdk = SDKS[sdkName] as AgentSdk;
    const provider = new AgentProvider({ redirectUri: 'http://127.0.0.1:33418/callback' });
    await expect(sdk.connect(several.endpoint, provider)).rejects.toThrow('Unauthorized');
    const answer = await several.person().signIn(provider.authorizationUrls[0] as URL);
    await sdk.finish(several.endpoint, provider, answer);
    const aud = decodeJwt(provider.saved?.access_token ?? '')['aud'];
    const all = `${several.gateway.url}/mcp`;
    expect([provider.authorizationUrls[0]?.searchParams.get('resource'), aud]).toEqual([all, all]);
    const agent = await sdk.connect(several.endpoint, provider);
    expect(await agent.callTool('show_key')).toEqual(SHOWN);
    await agent.close();
  });
});

test('a person who denies: the agent gets an error it can show, and no token', async () => {
  const provider = new AgentProvider({ redirectUri: 'http://localhost:53682/callback', documentUrl: LOCAL_AGENT });
  await expect(SDK_V1.connect(scene.endpoint, provider)).rejects.toBeInstanceOf(UnauthorizedV1);
  const answer = await scene.person().signIn(provider.authorizationUrls[0] as URL, 'deny');
  expect(Object.fromEntries(answer.searchParams)).toEqual({
    error: 'access_denied',
    error_description: 'The person did not consent.',
    state: 'state-of-the-agent',
    iss: scene.gateway.url,
  });
  const denied = sdkV2('auto').finish(scene.endpoint, provider, answer);
  await expect(denied).rejects.toThrow('The person did not consent.');
  expect(provider.saved).toBeUndefined();
});

const machineKey = {
  issuer: MACHINE,
  subject: MACHINE,
  privateKey: EC.privateJwk,
  alg: 'ES256',
};

test('a machine signs in by its key, without a person', async () => {
  const provider = new PrivateKeyJwtProvider({
    clientId: MACHINE,
    privateKey: EC.privateJwk,
    algorithm: 'ES256',
    expectedIssuer: scene.gateway.url,
  });
  const agent = await sdkV2('auto').connect(scene.endpoint, provider as never);
  expect(await agent.callTool('show_key')).toEqual(SHOWN);
  expect(decodeJwt(provider.tokens()?.access_token ?? '')).toMatchObject({ client_id: MACHINE, aud: scene.endpoint });
  expect(provider.tokens()?.refresh_token).toBeUndefined();
  await agent.close();
});

test('an agent the company’s IdP vouches for acts for a person nobody asks again', async () => {
  const provider = new CrossAppAccessProvider({
    assertion: ({ authorizationServerUrl, resourceUrl }) =>
      assertions.idToken({
        header: { typ: 'oauth-id-jag+jwt' },
        claims: {
          aud: authorizationServerUrl,
          resource: resourceUrl,
          client_id: MACHINE,
          sub: 'employee-7',
          jti: randomUUID(),
          nonce: undefined,
        },
      }),
    clientId: MACHINE,
    clientSecret: 'there are none here',
    expectedIssuer: scene.gateway.url,
  });
  // The SDK's own way is a shared secret, which the gateway has for nobody.
  Object.assign(provider, { addClientAuthentication: createPrivateKeyJwtAuth(machineKey) });
  const agent = await sdkV2({ pin: '2026-07-28' }).connect(scene.endpoint, provider as never);
  expect(await agent.callTool('show_key')).toEqual(SHOWN);
  await agent.close();
});

/** Method, path and status of each request up to the sign-in. */
function recorder() {
  const requests: string[] = [];
  const record: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    requests.push(`${init?.method ?? 'GET'} ${pathname} ${answer.status}`);
    return answer;
  };
  return { requests, fetch: record };
}

async function statusOf(token: string): Promise<number> {
  const answer = await fetch(scene.endpoint, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  await answer.body?.cancel();
  return answer.status;
}

function secretsIn(logs: string, tokens: readonly unknown[], answer: URL): string[] {
  const secrets = tokens.flatMap((one) => {
    const { access_token = '', refresh_token = '' } = one as { access_token?: string; refresh_token?: string };
    return [access_token, refresh_token];
  });
  const parts = [...secrets, answer.searchParams.get('code') ?? ''].map((secret) => secret.split('.').at(-1) ?? '');
  return parts.filter((part) => part === '' || logs.includes(part));
}

function keyPair(kid: string, alg: string, make: () => ReturnType<typeof generateKeyPairSync>) {
  const { privateKey, publicKey } = make() as unknown as {
    privateKey: import('node:crypto').KeyObject;
    publicKey: import('node:crypto').KeyObject;
  };
  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), kid, alg } as Record<string, unknown>,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  };
}
