import { randomBytes, randomUUID } from 'node:crypto';
import { AUTH_KEYS, type GrantRecord } from '../../../lambda/contract/auth-record';
import type { ListGrantsResponse } from '../../../lambda/contract/grants-api';
import { PATHS } from '../../../lambda/contract/paths';
import { dynamodbAuthStore } from '../../../lambda/io/auth/dynamodb-auth-store';
import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';
import { Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { Agent, claimsOf, codeOf, parameters, tokensOf } from './agent';

// An agent that registers anew each time it starts gives its person a grant and a client each time. After a while
// there are more of them than fit into one answer of the table; hidden behind those, a grant must not outlive "revoke all".
const MANY = 260;
const HOUR_MS = 3_600_000;

let issuer: DemoIssuer;
let gateway: GatewayProcess;
let person: Person;
let subject: string;

beforeAll(async () => {
  issuer = await startDemoIssuer();
  gateway = await startGatewayProcess({
    upstreams: [{ name: 'tools', url: 'http://127.0.0.1:9/' }],
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
    },
  });
  const agent = await Agent.registered(gateway.url, `${gateway.url}/mcp/tools`);
  person = new Person(gateway.url, issuer, 'alice');
  const tokens = tokensOf(await agent.redeem(codeOf(await person.signIn(agent.authorizationUrl()))));
  subject = String(claimsOf(tokens.access_token)['sub']);
  await grantMany();
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

/** As consent would leave them, each of a client of its own. */
async function grantMany(): Promise<void> {
  const store = dynamodbAuthStore('local-auth', { env: gateway.aws.env, now: Date.now, randomId: randomUUID });
  const nowMs = Date.now();
  for (let at = 0; at < MANY; at += 1) {
    const grant: GrantRecord = {
      grantId: randomBytes(16).toString('base64url'),
      person: {
        subject,
        displayName: 'alice@example.com',
        groups: [],
        isAdministrator: false,
        authenticatedAtMs: nowMs,
      },
      client: { clientId: `dcr_${at}`, kind: 'dynamic', name: `Agent ${at}`, authentication: 'none' },
      phase: 'active',
      origin: 'consent',
      scopes: ['mcp:tools'],
      resource: `${gateway.url}/mcp/tools`,
      redirectUri: 'http://127.0.0.1:33333/callback',
      generation: 1,
      createdAtMs: nowMs,
      endsAtMs: nowMs + HOUR_MS,
    };
    const written = await store.create(AUTH_KEYS.grant(subject, grant.grantId), grant, {
      validUntilMs: nowMs + HOUR_MS,
    });
    if (!written.ok) throw new Error(written.error.name);
  }
}

async function active(): Promise<number> {
  const { text } = await vaultClient(gateway).call('GET', `/grants?subject=${subject}`);
  return (JSON.parse(text) as ListGrantsResponse).grants.filter(({ status }) => status === 'active').length;
}

test('an administrator sees every grant of a person', async () => {
  expect(await active()).toBe(MANY + 1);
});

test('a person sees every agent, and "revoke all" leaves none', async () => {
  const { page, form } = await person.reachConsent(gateway.url + PATHS.account);
  expect(page.status).toBe(200);
  const shown = new Set(page.body.match(/Agent \d+\b/g));
  expect(shown.size).toBe(MANY);
  const body = parameters({ csrf: form.get('csrf') ?? '', grant: '*' });
  const { status } = await person.open(gateway.url + PATHS.accountRevoke, { body });
  expect(status).toBe(303);
  expect(await active()).toBe(0);
});
