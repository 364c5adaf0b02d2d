import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { PATHS } from '../../../lambda/contract/paths';
import { sdkConfig } from '../../../local/aws/sdk-config';
import type { RawAnswer } from '../../fixtures/raw-call';
import { type RunningServer, serveFetch } from '../../fixtures/web-server';
import type { Person } from '../harness/person';
import { Agent, codeOf, parameters, postForm, REDIRECT_URI, type Tokens, tokensOf } from './agent';
import { type SignInScene, startSignInScene } from './sign-in-scene';

// Every way through a sign-in is gone once, with everything kept that was logged, answered and stored; then each secret
// is looked for in all of it.

const DOCUMENT = 'https://claude.ai/secrets-agent';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const JWT = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/g;

/** An answer of the gateway, and to what. */
interface Heard {
  readonly asked: string;
  readonly head: string;
  readonly body: string;
}

let scene: SignInScene;
let company: RunningServer;
const heard: Heard[] = [];
/** What each secret is -> its values. */
const secrets = new Map<string, Set<string>>();
let stored: string;
let logs: string;

function keep(what: string, ...values: readonly (string | null | undefined)[]): void {
  const known = secrets.get(what) ?? new Set<string>();
  for (const value of values) if (value) known.add(value);
  secrets.set(what, known);
}

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'm1', alg: 'ES256' };
  company = await serveFetch(async () => Response.json({ keys: [jwk] }));
  scene = await startSignInScene({
    clients: [
      {
        clientId: 'machine',
        name: 'Machine',
        redirectUris: [],
        jwks: { keys: [jwk] },
        grantTypes: ['client_credentials'],
      },
    ],
    assertionIssuers: [{ issuer: company.origin, jwksUri: `${company.origin}/jwks` }],
    documents: { [DOCUMENT]: { client_id: DOCUMENT, client_name: 'Agent', redirect_uris: [REDIRECT_URI] } },
  });
  listen();
  const assertion = (claims: Readonly<Record<string, unknown>>, typ: string) =>
    new SignJWT({ iss: 'machine', sub: 'machine', aud: scene.gateway.url, jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'm1', typ })
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(pair.privateKey);
  await people();
  await mistakes();
  await programs(assertion);
  await faults();
  await keepOwnSecrets();
  stored = await everythingStored();
  logs = scene.gateway.logs();
});
afterAll(async () => {
  jest.restoreAllMocks();
  await scene.close();
  await company.close();
});

/** Keeps what browsers hear; what programs hear is kept by {@link told}. */
function listen(): void {
  const { fetch } = globalThis;
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const answer = await fetch(input, init);
    const url = new URL(String(input));
    const head = [...answer.headers].flat().join('\n');
    if (url.origin !== scene.gateway.url) return answer;
    heard.push({ asked: `${init?.method ?? 'GET'} ${url.pathname}`, head, body: await answer.clone().text() });
    if (url.pathname === PATHS.idpCallback) {
      keep('code of the identity provider', url.searchParams.get('code'));
      keep('state at the identity provider', url.searchParams.get('state')?.split('.')[1]);
    }
    const location = answer.headers.get('location') ?? '';
    if (location.startsWith(scene.issuer.issuer)) keep('nonce', new URL(location).searchParams.get('nonce'));
    if (location.startsWith(REDIRECT_URI)) keep('code', new URL(location).searchParams.get('code'));
    for (const cookie of answer.headers.getSetCookie()) {
      const [name = '', value] = cookie.split(';')[0]?.split('=') ?? [];
      keep(name.endsWith('session') ? 'session cookie' : 'sign-in cookie', value);
    }
    return answer;
  });
}

async function told(asked: string, answering: Promise<RawAnswer>): Promise<RawAnswer> {
  const answer = await answering;
  heard.push({ asked, head: JSON.stringify(answer.headers), body: answer.text });
  if (answer.status === 200 && asked === 'POST /token') {
    const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(answer.text) as Partial<Tokens>;
    keep('access token', accessToken, accessToken?.split('.')[2]);
    keep('refresh token', refreshToken, refreshToken?.split('.')[4]);
  }
  return answer;
}

const redeem = (agent: Agent, code: string) => told('POST /token', agent.redeem(code));
const refresh = (agent: Agent, token: string) => told('POST /token', agent.refresh(token));

async function signIn(agent: Agent, person: Person = scene.person()): Promise<Tokens> {
  keep('code_verifier', agent.verifier);
  return tokensOf(await redeem(agent, codeOf(await person.signIn(agent.authorizationUrl()))));
}

async function people(): Promise<void> {
  const person = scene.person();
  const first = await signIn(scene.agent.again(), person);
  const second = tokensOf(await refresh(scene.agent, first.refresh_token));
  await told('POST /mcp/tools', scene.call(second.access_token));
  await signIn(scene.agent.again({ clientId: DOCUMENT }), scene.person('bob'));
  await scene.person().signIn(scene.agent.again().authorizationUrl(), 'deny');
  await person.visit(scene.gateway.url + PATHS.account);
  const { form } = await person.reachConsent(scene.gateway.url + PATHS.account);
  keep('csrf token', form.get('csrf'));
  await person.open(scene.gateway.url + PATHS.accountRevoke, {
    body: parameters({ csrf: form.get('csrf') ?? '', grant: '*' }),
  });
  await person.open(scene.gateway.url + PATHS.accountSignOut, { body: parameters({ csrf: form.get('csrf') ?? '' }) });
}

/** What goes wrong with genuine secrets in hand. */
async function mistakes(): Promise<void> {
  const agent = scene.agent.again();
  const stranger = await Agent.registered(scene.gateway.url, agent.options.resource);
  const person = scene.person();
  const { form } = await person.reachConsent(agent.authorizationUrl());
  keep('csrf token', form.get('csrf'));
  const code = codeOf((await person.decide(form, 'allow')).redirect as URL);
  await person.decide(form, 'deny');
  await redeem(stranger, code);
  await told('POST /token', agent.redeem(code, { code_verifier: stranger.verifier }));
  await told('POST /token', agent.redeem(`${code}x`));
  const { refresh_token: token } = tokensOf(await redeem(agent, code));
  await refresh(stranger, token);
  await told('POST /token', agent.refresh(token, { scope: 'vault:manage' }));
  await told('POST /token', agent.refresh(token, { refresh_token: [token, token] }));
  await told('POST /token', postForm(`${scene.gateway.url}/token?${agent.refreshForm(token)}`, parameters({})));
  await told('POST /revoke', stranger.revoke(token));
  await redeem(agent, code);
  await refresh(agent, token);
  await told('POST /mcp/tools', scene.call(token));
  await told('POST /mcp/tools', scene.call(code));
  // A callback in a browser that did not begin it, and one that comes twice.
  const start = await person.open(agent.again().authorizationUrl());
  const callback = await scene.issuer.logIn(start.headers.get('location') ?? '', 'alice');
  await scene.person().open(callback);
  await person.open(callback);
  await person.open(callback);
  await scene.person().open(`${scene.gateway.url}/idp/callback?${new URL(callback).searchParams}&error=${code}`);
}

async function programs(assertion: (claims: object & Record<string, unknown>, typ: string) => Promise<string>) {
  const token = scene.gateway.url + PATHS.token;
  const client = { client_assertion_type: JWT_BEARER };
  for (const claims of [{}, { aud: 'https://other.example' }, { exp: 1 }]) {
    const signed = await assertion(claims, 'JWT');
    keep('client assertion', signed, signed.split('.')[2]);
    const form = parameters({ grant_type: 'client_credentials', ...client, client_assertion: signed });
    await told('POST /token', postForm(token, form));
    await told('POST /token', postForm(token, form));
  }
  const identity = await assertion(
    { iss: company.origin, sub: 'alice', client_id: 'machine', resource: scene.agent.options.resource },
    'oauth-id-jag+jwt',
  );
  keep('identity assertion', identity, identity.split('.')[2]);
  for (let times = 0; times < 2; times += 1) {
    const signed = await assertion({}, 'JWT');
    keep('client assertion', signed, signed.split('.')[2]);
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: identity };
    await told('POST /token', postForm(token, parameters({ ...grant, ...client, client_assertion: signed })));
  }
  for (const path of ['/grants', '/switches']) {
    const { text } = await scene.api.call('GET', path);
    heard.push({ asked: `GET ${path}`, head: '', body: text });
  }
}

/** AWS fails with a genuine secret in the request. */
async function faults(): Promise<void> {
  for (const operation of ['Sign', 'PutItem', 'GetItem', 'BatchGetItem']) {
    const agent = scene.agent.again();
    const code = codeOf(await scene.person().signIn(agent.authorizationUrl()));
    await scene.gateway.commands.inject({ operation, kind: 'error' });
    await redeem(agent, code);
    await scene.person().visit(agent.again().authorizationUrl());
    await scene.gateway.commands.clearFaults();
    await redeem(agent, code);
  }
}

async function keepOwnSecrets(): Promise<void> {
  const client = new SecretsManagerClient(sdkConfig(scene.gateway.aws));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  for (const { ARN: SecretId } of SecretList) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    keep('secret of the gateway', SecretString);
  }
  client.destroy();
  keep('client secret at the identity provider', scene.issuer.client.secret);
  keep('AWS secret key', scene.gateway.aws.env['AWS_SECRET_ACCESS_KEY']);
}

async function everythingStored(): Promise<string> {
  const client = new DynamoDBClient(sdkConfig(scene.gateway.aws));
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const pages = await Promise.all(TableNames.map((TableName) => client.send(new ScanCommand({ TableName }))));
  client.destroy();
  return JSON.stringify(pages.map(({ Items }) => Items));
}

/** A secret as it is, and as it might have been written. */
const writings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

function found(text: string): string[] {
  return [...secrets].flatMap(([what, values]) =>
    [...values].some((value) => writings(value).some((writing) => text.includes(writing))) ? [what] : [],
  );
}

test('each kind of secret was there to be found', () => {
  expect([...secrets].filter(([, values]) => values.size === 0)).toEqual([]);
  expect([...secrets.keys()].sort()).toEqual([
    'AWS secret key',
    'access token',
    'client assertion',
    'client secret at the identity provider',
    'code',
    'code of the identity provider',
    'code_verifier',
    'csrf token',
    'identity assertion',
    'nonce',
    'refresh token',
    'secret of the gateway',
    'session cookie',
    'sign-in cookie',
    'state at the identity provider',
  ]);
});

test('no secret is in the log', () => {
  expect(scene.gateway.logLines().length).toBeGreaterThan(30);
  expect(found(logs)).toEqual([]);
  expect(logs.match(JWT)).toBeNull();
});

test('nothing long and random is in the log but hashes and ids by their names', () => {
  const NAMED = /"(?:subject|client|clientHash|grantId|caller|user|requestId)":"[\w-]+"/g;
  const rest = logs.replace(NAMED, '');
  expect(rest.match(/[\w-]{40,}/g)).toBeNull();
});

test('no secret is stored in the tables', () => {
  expect(stored.length).toBeGreaterThan(10_000);
  expect(found(stored)).toEqual([]);
  expect(stored.match(JWT)).toBeNull();
});

test('no secret went to an upstream', () => {
  const received = scene.upstream.received().toString();
  expect(received.length).toBeGreaterThan(0);
  expect(found(received)).toEqual([]);
});

/** Where a secret may be heard: in the head or the body of which answers. */
const PLACES: Readonly<Record<string, RegExp>> = {
  'access token': /^body of POST \/token$/,
  'refresh token': /^body of POST \/token$/,
  code: /^head of POST \/consent$/,
  'csrf token': /^body of GET \/(consent|account)$/,
  nonce: /^head of GET \/(authorize|account\/sign-in)$/,
  'state at the identity provider': /^head of GET \/(authorize|account\/sign-in)$/,
  'sign-in cookie': /^head of GET \/(authorize|account\/sign-in)$/,
  'session cookie': /^head of GET \/idp\/callback$/,
};

test('each secret is heard where it belongs, and nowhere else', () => {
  expect(heard.length).toBeGreaterThan(80);
  const places = heard.flatMap(({ asked, head, body }) => [
    ...found(head).map((what) => ({ what, where: `head of ${asked}` })),
    ...found(body).map((what) => ({ what, where: `body of ${asked}` })),
  ]);
  // Those that are heard at all: so the search does find them.
  expect([...new Set(places.map(({ what }) => what))].sort()).toEqual(Object.keys(PLACES).sort());
  expect(places.filter(({ what, where }) => !PLACES[what]?.test(where))).toEqual([]);
});

test('every token that was heard is the gateway’s own: none of the identity provider’s came through', () => {
  const jwts = heard.flatMap(({ head, body }) => [...(head + body).matchAll(JWT)].map(([jwt]) => jwt));
  const issuers = jwts.map((jwt) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).iss);
  expect(new Set(issuers)).toEqual(new Set([scene.gateway.url]));
});
