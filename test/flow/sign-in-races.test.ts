import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ENV } from '../../lambda/contract/env';
import type { GrantMetadata } from '../../lambda/contract/grants-api';
import { PATHS } from '../../lambda/contract/paths';
import { stageFunction } from '../../lib/stage-function';
import { provisionGateway } from '../../local/aws/provision';
import { type DemoIssuer, startDemoIssuer } from '../../local/demo/issuer';
import { type GatewayProcess, startGatewayProcess } from '../e2e/harness/gateway-process';
import { Person } from '../e2e/harness/person';
import { vaultClient } from '../e2e/harness/vault-client';
import { Agent, claimsOf, codeOf, parameters, type Tokens, tokensOf } from '../e2e/sign-in/agent';
import { type RunningServer, serveFetch } from '../fixtures/web-server';
import { type Racers, startRacers } from '../helpers/racers';
import type { RacedAnswer, RacedRequest } from './sign-in-racer';

const RUNS = 50;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let issuer: DemoIssuer;
let gateway: GatewayProcess;
let agent: Agent;
let racers: Racers;
let dir: string;
let machineKey: CryptoKey;
let company: RunningServer;

/** The gateway signs people in; the requests that race go to five more instances of the function on the same table. */
beforeAll(async () => {
  issuer = await startDemoIssuer();
  const pair = await generateKeyPair('ES256');
  machineKey = pair.privateKey;
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'm1', alg: 'ES256' };
  company = await serveFetch(async () => Response.json({ keys: [jwk] }));
  const { id: clientId, secret: clientSecret } = issuer.client;
  gateway = await startGatewayProcess({
    upstreams: [{ name: 'tools', url: 'http://127.0.0.1:9/' }],
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId },
      clientSecret,
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
    },
  });
  agent = await Agent.registered(gateway.url, `${gateway.url}/mcp/tools`);
  dir = mkdtempSync(join(tmpdir(), 'sign-in-races-'));
  stageFunction('authz', await gateway.commands.config(), dir);
  const provisioned = await provisionGateway(gateway.aws, {
    gatewayId: 'local',
    providers: [],
    idpClientSecret: clientSecret,
  });
  const env = { ...gateway.aws.env, ...provisioned, [ENV.gatewayUrl]: gateway.url, [ENV.fetcherFunction]: 'fetcher' };
  racers = await startRacers('test/flow/sign-in-racer.ts', { ...env, AUTHZ_DIR: dir }, 5);
  await racers.race('warmUp', {}, 5);
});
afterAll(async () => {
  await racers.close();
  await gateway.close();
  await company.close();
  await issuer.close();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(() => gateway.commands.clearFaults());

const ask = (...requests: readonly RacedRequest[]) => racers.race<RacedAnswer>('ask', requests, RUNS);
const tokenRequest = (form: URLSearchParams): RacedRequest => ({
  method: 'POST',
  path: PATHS.token,
  headers: FORM,
  body: form.toString(),
});

/** How many answers there were of each kind: `200`, `400 invalid_grant` … */
function kinds(answers: readonly RacedAnswer[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { statusCode, body } of answers) {
    const error = body.startsWith('{') ? (JSON.parse(body) as { error?: string }).error : undefined;
    const kind = [statusCode, error].filter(Boolean).join(' ');
    counted[kind] = (counted[kind] ?? 0) + 1;
  }
  return counted;
}

const issued = (answers: readonly RacedAnswer[]): readonly Tokens[] =>
  answers.flatMap(({ statusCode, body }) => (statusCode === 200 ? [tokensOf({ status: 200, text: body })] : []));

async function signedIn(one: Agent): Promise<string> {
  return codeOf(await new Person(gateway.url, issuer, 'alice').signIn(one.authorizationUrl()));
}

async function grantsOf(subject: unknown): Promise<readonly GrantMetadata[]> {
  const { text } = await vaultClient(gateway).call('GET', `/grants?subject=${subject}`);
  return (JSON.parse(text) as { grants: GrantMetadata[] }).grants;
}

async function statusOf(token: string): Promise<string | undefined> {
  const { sub, sid } = claimsOf(token);
  return (await grantsOf(sub)).find(({ grantId }) => grantId === sid)?.status;
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let assertions = 0;
/** Signed by the machine's key, which is the company's too. */
function assertion(claims: Readonly<Record<string, unknown>>, typ = 'JWT'): Promise<string> {
  assertions += 1;
  const jwt = new SignJWT({ iss: 'machine', sub: 'machine', aud: gateway.url, jti: `jti-${assertions}`, ...claims });
  return jwt
    .setProtectedHeader({ alg: 'ES256', kid: 'm1', typ })
    .setIssuedAt()
    .setExpirationTime('2m')
    .sign(machineKey);
}

/** What may happen to calls meanwhile: each is met before its effect, or after it, and is then repeated. */
const DISTURBANCES = [
  ['undisturbed', []],
  ['while answers of the table get lost', [{ operation: 'PutItem', kind: 'reset', afterEffect: true, rate: 0.3 }]],
] as const;

describe.each(DISTURBANCES)('fifty at once in five processes, %s', (_, faults) => {
  const disturb = async () => {
    for (const fault of faults) await gateway.commands.inject(fault);
  };

  test('refresh with one token: every answer with tokens has the identical successor, and it works', async () => {
    const first = tokensOf(await agent.redeem(await signedIn(agent)));
    await disturb();
    const answers = await ask(tokenRequest(agent.refreshForm(first.refresh_token)));
    await gateway.commands.clearFaults();
    const successors = new Set(issued(answers).map(({ refresh_token: token }) => token));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(first.refresh_token);
    const [successor = ''] = successors;
    expect(tokensOf(await agent.refresh(successor)).refresh_token).not.toBe(successor);
    expect(Object.keys(kinds(answers)).filter((kind) => kind !== '200' && !kind.startsWith('503'))).toEqual([]);
  });

  test('redeem one code: at most one gets tokens, and the grant is over, since somebody has a copy', async () => {
    const one = agent.again();
    const code = await signedIn(one);
    await disturb();
    const answers = await ask(tokenRequest(one.codeForm(code)));
    await gateway.commands.clearFaults();
    expect(issued(answers).length).toBeLessThanOrEqual(1);
    const [subject, grantId] = code.split('.');
    const grant = (await grantsOf(subject)).find((found) => found.grantId === grantId);
    expect(grant?.status).toBe('revoked');
    expect((await one.redeem(code)).status).toBe(400);
    for (const { refresh_token: token } of issued(answers)) expect((await one.refresh(token)).status).toBe(400);
  });

  test('consent to one question: one grant, and one address for the client', async () => {
    const one = agent.again();
    const person = new Person(gateway.url, issuer, 'bob');
    const { form } = await person.reachConsent(one.authorizationUrl());
    const cookie = Array.from(person.cookies, (pair) => pair.join('=')).join('; ');
    const before = (await grantsOfBob()).length;
    await disturb();
    const answers = await ask(consent(form, cookie, 'allow'));
    await gateway.commands.clearFaults();
    const addresses = new Set(answers.flatMap(({ headers }) => headers['Location'] ?? []));
    expect(addresses.size).toBe(1);
    expect(await grantsOfBob()).toHaveLength(before + 1);
    expect(tokensOf(await one.redeem(codeOf(new URL([...addresses][0] ?? '')))).refresh_token).toMatch(/^rt1\./);
  });
});

const consent = (form: URLSearchParams, cookie: string, decision: 'allow' | 'deny'): RacedRequest => ({
  method: 'POST',
  path: PATHS.consent,
  headers: { ...FORM, cookie, origin: gateway.url },
  body: `${form}&decision=${decision}`,
});

/** Bob's subject is known from a token of his. */
let bob: unknown;
async function grantsOfBob(): Promise<readonly GrantMetadata[]> {
  if (bob === undefined) {
    const one = agent.again();
    const redirect = await new Person(gateway.url, issuer, 'bob').signIn(one.authorizationUrl());
    bob = claimsOf(tokensOf(await one.redeem(codeOf(redirect))).access_token)['sub'];
  }
  return grantsOf(bob);
}

test('fifty redemptions of one code, undisturbed: exactly one gets tokens', async () => {
  const one = agent.again();
  const answers = await ask(tokenRequest(one.codeForm(await signedIn(one))));
  expect(kinds(answers)).toEqual({ 200: 1, '400 invalid_grant': RUNS - 1 });
  for (const { access_token: token } of issued(answers)) expect(await statusOf(token)).toBe('revoked');
});

test('fifty refreshes with one token, undisturbed: all get the same', async () => {
  const first = tokensOf(await agent.redeem(await signedIn(agent)));
  const answers = await ask(tokenRequest(agent.refreshForm(first.refresh_token)));
  expect(kinds(answers)).toEqual({ 200: RUNS });
  expect(await statusOf(first.access_token)).toBe('active');
});

test('fifty guessers without the verifier beside the client: it alone gets tokens, and keeps them', async () => {
  const one = agent.again();
  const code = await signedIn(one);
  const wrong = tokenRequest(one.codeForm(code, { code_verifier: 'x'.repeat(43) }));
  const answers = await ask(...Array.from({ length: RUNS - 1 }, () => wrong), tokenRequest(one.codeForm(code)));
  expect(kinds(answers)).toEqual({ 200: 1, '400 invalid_grant': RUNS - 1 });
  for (const { access_token: token } of issued(answers)) expect(await statusOf(token)).toBe('active');
});

test('twenty-five times yes and twenty-five times no at once: one of both, for everybody', async () => {
  const person = new Person(gateway.url, issuer, 'bob');
  const { form } = await person.reachConsent(agent.again().authorizationUrl());
  const cookie = Array.from(person.cookies, (pair) => pair.join('=')).join('; ');
  const before = (await grantsOfBob()).length;
  const answers = await ask(consent(form, cookie, 'allow'), consent(form, cookie, 'deny'));
  const addresses = new Set(answers.flatMap(({ headers }) => headers['Location'] ?? []));
  expect(addresses.size).toBe(1);
  const isAllowed = new URL([...addresses][0] ?? '').searchParams.has('code');
  expect(await grantsOfBob()).toHaveLength(before + (isAllowed ? 1 : 0));
});

test('one answer of the identity provider fifty times at once: one goes on, and the provider is asked once', async () => {
  const person = new Person(gateway.url, issuer, 'alice');
  const start = await person.open(agent.again().authorizationUrl());
  const callback = new URL(await issuer.logIn(start.headers.get('location') ?? '', 'alice'));
  const answers = await ask({
    method: 'GET',
    path: PATHS.idpCallback,
    query: Object.fromEntries(callback.searchParams),
    headers: { cookie: Array.from(person.cookies, (pair) => pair.join('=')).join('; ') },
  });
  // The demo issuer ends a grant whose code comes twice: had two been sent, no sign-in would have come of them.
  expect(kinds(answers)).toEqual({ 303: 1, 400: RUNS - 1 });
  const [onward] = answers.filter(({ statusCode }) => statusCode === 303);
  expect(new URL(onward?.headers['Location'] ?? '', gateway.url).pathname).toBe(PATHS.consent);
});

test('one client assertion fifty times at once: one machine gets a token', async () => {
  const form = parameters({
    grant_type: 'client_credentials',
    resource: `${gateway.url}/mcp/tools`,
    client_assertion_type: JWT_BEARER,
    client_assertion: await assertion({}),
  });
  expect(kinds(await ask(tokenRequest(form)))).toEqual({ 200: 1, '401 invalid_client': RUNS - 1 });
});

test('fifty machines at once, each with an assertion of its own: one grant for all of them', async () => {
  const forms = await Promise.all(
    Array.from({ length: RUNS }, async () =>
      parameters({
        grant_type: 'client_credentials',
        resource: `${gateway.url}/mcp`,
        client_assertion_type: JWT_BEARER,
        client_assertion: await assertion({}),
      }),
    ),
  );
  const answers = await ask(...forms.map(tokenRequest));
  expect(kinds(answers)).toEqual({ 200: RUNS });
  expect(new Set(issued(answers).map(({ access_token: token }) => claimsOf(token)['sid'])).size).toBe(1);
});

test('one identity assertion fifty times at once, each time by a genuine client: one token', async () => {
  const identity = await assertion(
    {
      iss: company.origin,
      sub: 'alice',
      client_id: 'machine',
      resource: `${gateway.url}/mcp/tools`,
      scope: 'mcp:tools',
    },
    'oauth-id-jag+jwt',
  );
  const forms = await Promise.all(
    Array.from({ length: RUNS }, async () =>
      parameters({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: identity,
        client_assertion_type: JWT_BEARER,
        client_assertion: await assertion({}),
      }),
    ),
  );
  expect(kinds(await ask(...forms.map(tokenRequest)))).toEqual({ 200: 1, '400 invalid_grant': RUNS - 1 });
});

test('a revocation amid fifty refreshes holds, whoever is first', async () => {
  const first = tokensOf(await agent.redeem(await signedIn(agent)));
  const revoke: RacedRequest = {
    method: 'POST',
    path: PATHS.revoke,
    headers: FORM,
    body: parameters({ client_id: agent.options.clientId, token: first.refresh_token }).toString(),
  };
  const refreshes = Array.from({ length: RUNS - 1 }, () => tokenRequest(agent.refreshForm(first.refresh_token)));
  const answers = await ask(...refreshes.slice(0, 20), revoke, ...refreshes.slice(20));
  expect(answers[20]?.statusCode).toBe(200);
  expect(await statusOf(first.access_token)).toBe('revoked');
  for (const { refresh_token: token } of issued(answers.filter((_, run) => run !== 20)).slice(0, 3)) {
    expect((await agent.refresh(token)).status).toBe(400);
  }
});
