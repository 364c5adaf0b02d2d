import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import { type KeyUpstream, startKeyUpstream } from '../../../local/demo/key-upstream';
import type { DemoPersonName } from '../../../local/demo/people';
import { Person } from '../../../local/demo/person';
import { COMMAND_LINE } from '../../../local/start/demo-sign-in';
import { McpGateway, type McpGatewayOptions } from '../../../sdk/index';
import { until } from '../../helpers/until';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';

jest.setTimeout(60_000);

const KEY = 'sk_e2e_own_sdk_51c0ffee';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let issuer: DemoIssuer;
let upstream: KeyUpstream;
let gateway: GatewayProcess;
const before = { ...process.env };
beforeAll(async () => {
  freshMachine();
  [issuer, upstream] = await Promise.all([startDemoIssuer(), startKeyUpstream({ headerValue: `Bearer ${KEY}` })]);
  gateway = await startGatewayProcess({
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } },
      },
    ],
    // A revocation counts at once.
    cacheTtlMs: 0,
    signIn: {
      clients: [
        COMMAND_LINE,
        {
          clientId: 'nightly-report',
          name: 'Nightly report',
          redirectUris: [],
          grantTypes: ['client_credentials'],
          jwks: { keys: [publicKey.export({ format: 'jwk' })] },
        },
      ],
      identityProvider: {
        issuer: issuer.issuer,
        clientId: issuer.client.id,
        administratorGroups: ['administrators'],
      },
      clientSecret: issuer.client.secret,
    },
  });
  await signedIn('alice').storeInVault({ provider: 'acme', key: KEY, vaultType: 'encrypted-credentials-proxy' });
});
afterAll(async () => {
  await gateway?.close();
  await Promise.all([issuer?.close(), upstream?.close()]);
});
afterAll(() => {
  process.env = before;
});
beforeEach(freshMachine);

/** Where nobody has signed in yet. */
function freshMachine(): void {
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
}

let opened = 0;
function signedIn(name: DemoPersonName, options: Partial<McpGatewayOptions> = {}): McpGateway {
  return new McpGateway({
    authMode: 'oauth2.1-pkce',
    clientId: 'e2e',
    cacheTtl: '1s',
    url: gateway.url,
    openBrowser: async (url) => {
      opened += 1;
      await fetch(await new Person(gateway.url, issuer, name).signIn(url));
    },
    ...options,
  });
}

function administrator(): McpGateway {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '' } = gateway.aws.env;
  return new McpGateway({
    authMode: 'iam',
    url: gateway.url,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
}

const toolsOf = async (client: McpGateway) => {
  const agent = await client.connect('keyed');
  try {
    return (await agent.listTools()).tools.map(({ name }) => name);
  } finally {
    await agent.close();
  }
};

test('a person signs in once, and the next program of theirs asks nobody', async () => {
  opened = 0;
  expect(await toolsOf(signedIn('bob'))).toEqual(['show_key', 'echo']);
  expect(await toolsOf(signedIn('bob', { openBrowser: false }))).toEqual(['show_key', 'echo']);
  expect(opened).toBe(1);
  expect(await signedIn('bob').signedIn()).toMatchObject({
    issuer: gateway.url,
    resource: `${gateway.url}/mcp`,
    clientId: 'cdk-mcp-gateway-cli',
    subject: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test('a program signs itself in by its key', async () => {
  const machine = new McpGateway({
    authMode: 'client-credentials',
    registeredClientId: 'nightly-report',
    privateKey: privateKey.export({ format: 'jwk' }),
    url: gateway.url,
  });
  expect(await toolsOf(machine)).toEqual(['show_key', 'echo']);
  await expect(machine.vault.list()).rejects.toMatchObject({ code: 'sign_in_failed' });
});

test('a program with another key, and one nobody registered, are not let in', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  for (const registeredClientId of ['nightly-report', 'nobody']) {
    const machine = new McpGateway({
      authMode: 'client-credentials',
      registeredClientId,
      privateKey: other,
      url: gateway.url,
    });
    await expect(machine.connect('keyed')).rejects.toMatchObject({ code: 'sign_in_failed', reason: 'invalid_client' });
  }
});

test('an administrator who signed in manages keys; somebody else is refused', async () => {
  const { keys } = await signedIn('alice').vault.list();
  expect(keys).toMatchObject([{ provider: 'acme', status: 'active' }]);
  expect(keys[0]?.updatedBy).toContain('lice');
  freshMachine();
  await expect(signedIn('bob').vault.list()).rejects.toMatchObject({
    code: 'sign_in_failed',
    reason: expect.stringMatching(/^(access_denied|invalid_scope)$/),
  });
});

test('what an administrator revokes is out at once, and signing in again brings it back', async () => {
  const bob = signedIn('bob');
  const agent = await bob.connect('keyed');
  const { subject, grantId } = (await bob.signedIn()) as { subject: string; grantId: string };
  const [grant] = (await administrator().grants.list({ subject })).filter((found) => found.grantId === grantId);
  expect(grant).toMatchObject({ clientId: 'cdk-mcp-gateway-cli', status: 'active' });
  await administrator().grants.revoke({ subject, grantId });

  await expect(toolsOf(signedIn('bob', { openBrowser: false }))).rejects.toMatchObject({ code: 'sign_in_required' });
  opened = 0;
  expect((await agent.listTools()).tools).toHaveLength(2);
  expect(opened).toBe(1);
  await agent.close();
});

test('somebody who is blocked cannot sign in until allowed again', async () => {
  await signedIn('bob').signIn();
  const { subject = '' } = (await signedIn('bob').signedIn()) ?? {};
  const switched = { kind: 'person', id: subject } as const;
  await administrator().switches.set({ ...switched, action: 'block' });
  expect(await administrator().switches.list()).toMatchObject([{ ...switched, blocked: true }]);
  await expect(toolsOf(signedIn('bob', { openBrowser: false }))).rejects.toMatchObject({ code: 'sign_in_required' });
  await expect(signedIn('bob').signIn()).rejects.toMatchObject({ code: 'sign_in_failed' });
  const { revokedBefore = '' } = await administrator().switches.set({ ...switched, action: 'allow' });
  await until(revokedBefore);
  expect(await toolsOf(signedIn('bob'))).toEqual(['show_key', 'echo']);
});

test('signing out ends the grant at the gateway', async () => {
  const bob = signedIn('bob');
  const { subject = '', grantId } = await bob.signIn();
  expect(await bob.signOut()).toBe(true);
  const [grant] = (await administrator().grants.list({ subject })).filter((found) => found.grantId === grantId);
  expect(grant?.status).toBe('revoked');
  await expect(signedIn('bob', { openBrowser: false }).connect('keyed')).rejects.toMatchObject({
    code: 'sign_in_required',
  });
});
