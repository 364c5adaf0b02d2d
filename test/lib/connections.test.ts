import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { GatewayConfig } from '../../lambda/config/gateway-config';
import { checkedProviders } from '../../lambda/core/connections/checked-providers';
import { PROVIDERS } from '../../lambda/providers';
import {
  Connection,
  Credential,
  type McpGatewayProps,
  Provider,
  ProviderAuthentication,
  RefreshTokenRotation,
  Upstream,
} from '../../lib';
import { gatewaySettings } from '../../lib/gateway-settings';
import { PROPS, signIn } from '../helpers/gateway-stack';

const stack = new Stack(new App(), 'Test');

/** Settings only: what the stack makes of them is tested where it does. */
function settings(props: Partial<McpGatewayProps>) {
  return gatewaySettings(stack, { ...PROPS, ...signIn(), ...props }, 'https://mcp.example.com');
}

function provider(props: Partial<McpGatewayProps>, at = 0) {
  const found = settings(props).config.providers?.[at];
  if (!found) throw new Error('no provider');
  return found;
}

const github = Connection.account(Provider.GITHUB, { clientId: 'Iv1.abc' });
const slackServer = 'https://mcp.slack.com/mcp';
const personal = (connection: Connection, url = 'https://u.example/mcp', name = 'u') =>
  Upstream.mcp(name, { url, credential: Credential.ofPerson(connection) });

test('every platform of the catalogue is a constant of Provider', () => {
  const constants = Object.entries(Provider).flatMap(([name, value]) =>
    value instanceof Provider ? [[name, value.id]] : [],
  );
  expect(constants).toEqual(Object.keys(PROVIDERS).map((id) => [id.toUpperCase().replaceAll('-', '_'), id]));
});

describe('a connection is two lines', () => {
  test('of an account: facts, client, scopes and origin reach the functions', () => {
    const { config, connections } = settings({
      upstreams: [personal(github, 'https://api.githubcopilot.com/mcp/', 'code')],
    });
    expect(config.upstreams[0]?.credential).toEqual({
      provider: 'github',
      owner: 'person',
      headers: { Authorization: 'Bearer {access_token}' },
    });
    expect(config.providers).toHaveLength(1);
    expect(config.providers?.[0]).toMatchObject({
      name: 'github',
      kind: 'oauth',
      client: { clientId: 'Iv1.abc', isPublic: false },
      scopes: ['read:user', 'repo'],
      origins: ['https://api.githubcopilot.com'],
      headers: { Authorization: 'Bearer {access_token}' },
    });
    expect([...connections]).toEqual([['github', { secret: undefined, needsSecret: true, registersItself: false }]]);
  });

  test('of an MCP server: nothing is said twice, and the gateway registers itself', () => {
    const { config, connections } = settings({
      upstreams: [personal(Connection.mcpServer(), 'https://mcp.notion.com/mcp', 'notion')],
    });
    expect(config.providers).toEqual([
      {
        name: 'notion',
        kind: 'mcp',
        facts: { id: 'notion', name: 'notion' },
        scopes: [],
        resource: 'https://mcp.notion.com/mcp',
        origins: ['https://mcp.notion.com'],
        headers: { Authorization: 'Bearer {access_token}' },
      },
    ]);
    expect([...connections]).toEqual([['notion', { secret: undefined, needsSecret: false, registersItself: true }]]);
  });

  test("of a person's own key: sent as the platform wants it", () => {
    const { config, connections } = settings({ upstreams: [personal(Connection.ownKey(Provider.DATADOG))] });
    expect(config.upstreams[0]?.credential?.headers).toEqual({
      'DD-API-KEY': '{key}',
      'DD-APPLICATION-KEY': '{application-key}',
    });
    expect(config.providers?.[0]?.facts.oauth).toBeUndefined();
    expect([...connections]).toEqual([['datadog', { secret: undefined, needsSecret: false, registersItself: false }]]);
  });
});

test('what only documents need is not in the file the functions read', () => {
  const { facts } = provider({ upstreams: [personal(github)] });
  expect(Object.keys(facts)).toEqual(['id', 'name', 'oauth', 'apiBaseUrl']);
});

test('an operator key of a platform is sent as that platform wants it, under the name of the upstream', () => {
  const { config, secrets } = settings({
    upstreams: [
      Upstream.mcp('incidents', { url: 'https://u.example/', credential: Credential.operatorKey(Provider.PAGERDUTY) }),
    ],
  });
  expect(config.upstreams[0]?.credential).toEqual({
    provider: 'incidents',
    headers: { Authorization: 'Token token={key}' },
  });
  expect([...secrets.keys()]).toEqual(['incidents']);
});

test("a person's account takes no operator key: no secret is made for one", () => {
  expect(settings({ upstreams: [personal(github)] }).secrets.size).toBe(0);
});

test('one connection serves several upstreams, and is sent to nothing but them', () => {
  const upstreams = [personal(github, 'https://a.example/mcp', 'a'), personal(github, 'https://b.example/mcp', 'b')];
  const { config } = settings({ upstreams });
  expect(config.providers?.map(({ origins }) => origins)).toEqual([['https://a.example', 'https://b.example']]);
});

test('a connection without an upstream is sent nowhere', () => {
  expect(provider({ connections: [github] }).origins).toEqual([]);
});

test('what differs for each customer of a platform is filled in', () => {
  const { facts } = provider({
    upstreams: [personal(Connection.account(Provider.ZENDESK, { clientId: 'c', variables: { subdomain: 'acme' } }))],
  });
  expect(facts.oauth?.tokenEndpoint).toBe('https://acme.zendesk.com/oauth/tokens');
  expect(facts.variables).toBeUndefined();
});

test('a variable of the token answer stays one', () => {
  const { facts } = provider({
    connections: [
      Connection.account(Provider.SALESFORCE, { clientId: 'c', variables: { loginHost: 'test.salesforce.com' } }),
    ],
  });
  expect(facts.variables?.map(({ name }) => name)).toEqual(['instance_url']);
  expect(facts.apiBaseUrl).toBe('{instance_url}');
});

test('a public client authenticates by PKCE alone, and needs no secret', () => {
  const connection = Connection.account(Provider.LINEAR, { clientId: 'c', publicClient: true });
  const made = settings({ connections: [connection] });
  expect(made.config.providers?.[0]?.facts.oauth?.clientAuthentication).toBe('none');
  expect(made.connections.get('linear')?.needsSecret).toBe(false);
});

test('a secret given for a client is used', () => {
  const clientSecret = Secret.fromSecretNameV2(stack, 'Given', 'given');
  const connection = Connection.account(Provider.LINEAR, { clientId: 'c', clientSecret });
  expect(settings({ connections: [connection] }).connections.get('linear')?.secret).toBe(clientSecret);
});

test('client id and URL may come from another resource', () => {
  const parameter = new CfnParameter(stack, 'Value');
  const connection = Connection.account(Provider.GITHUB, { clientId: parameter.valueAsString });
  const { config, environment } = settings({ upstreams: [personal(connection, parameter.valueAsString)] });
  const { client, origins } = config.providers?.[0] ?? {};
  const fill = (text = '') => {
    const name = /^\{\{(\w+)\}\}$/.exec(text)?.[1];
    return stack.resolve(name === undefined ? text : environment[name]);
  };
  expect(fill(client?.clientId)).toEqual({ Ref: 'Value' });
  expect(fill(origins?.[0])).toEqual({
    'Fn::Join': ['', ['https://', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'Value' }] }] }]],
  });
});

test('a platform that is not in the catalogue can be described', () => {
  const forge = Provider.custom('forge', {
    displayName: 'Forge',
    authorizationEndpoint: 'https://forge.example.com/authorize',
    tokenEndpoint: 'https://forge.example.com/token',
    authentication: ProviderAuthentication.CLIENT_SECRET_POST,
    refreshTokenRotation: RefreshTokenRotation.ALWAYS,
    accountEndpoint: 'https://forge.example.com/me',
    accountIdPath: 'id',
  });
  expect(provider({ connections: [Connection.account(forge, { clientId: 'c' })] }).facts).toEqual({
    id: 'forge',
    name: 'Forge',
    oauth: {
      authorizationEndpoint: 'https://forge.example.com/authorize',
      tokenEndpoint: 'https://forge.example.com/token',
      pkce: 'send',
      clientAuthentication: 'client_secret_post',
      tokenRequestFormat: 'form',
      scopeSeparator: ' ',
      defaultScopes: [],
      refresh: { issued: true, rotation: 'always' },
      identity: { endpoint: 'https://forge.example.com/me', idPath: 'id' },
    },
  });
});

test('a platform of the catalogue can be adapted, and stays what it is otherwise', () => {
  const own = Provider.GITLAB.adapt({
    issuer: 'https://git.example.com',
    tokenEndpoint: 'https://git.example.com/oauth/token',
  });
  const { oauth } = provider({ connections: [Connection.account(own, { clientId: 'c' })] }).facts;
  expect(oauth).toMatchObject({
    tokenEndpoint: 'https://git.example.com/oauth/token',
    refresh: { rotation: 'always', endsAccessToken: true },
  });
  expect(PROVIDERS.gitlab).toMatchObject({ oauth: { issuer: 'https://gitlab.com' } });
});

test('every platform with OAuth can be connected, with its own example for what differs', () => {
  const connections = Object.entries(PROVIDERS).flatMap(
    ([id, { oauth, variables = [] }]: [string, typeof PROVIDERS.datadog]) => {
      const constant = Object.entries(Provider).find(([, value]) => value instanceof Provider && value.id === id)?.[1];
      const values = variables.filter(({ from }) => from === 'operator').map(({ name, example }) => [name, example]);
      return oauth ? [Connection.account(constant, { clientId: 'c', variables: Object.fromEntries(values) })] : [];
    },
  );
  const { config } = settings({ connections, upstreams: [Upstream.mcp('docs', { url: 'https://docs.example.com/' })] });
  expect(config.providers?.length).toBeGreaterThan(40);
  expect([...checkedProviders(JSON.parse(JSON.stringify(config)) as GatewayConfig).keys()]).toEqual(
    config.providers?.map(({ name }) => name),
  );
});

const two = Connection.account(Provider.GITHUB, { clientId: 'other' });
const zendesk = (variables?: Record<string, string>) =>
  Connection.account(Provider.ZENDESK, { clientId: 'c', ...(variables && { variables }) });
const secret = Secret.fromSecretNameV2(stack, 'Secret', 'secret');
const FORGE = { authorizationEndpoint: 'https://f.example/a', tokenEndpoint: 'https://f.example/t' };

const wrong: [string, Partial<McpGatewayProps>, string[]][] = [
  [
    'people without sign-in of the gateway’s own',
    { auth: PROPS.auth, upstreams: [personal(github)] },
    ['connections need people to sign in at the gateway: (list of 1); add authorizationServer'],
  ],
  [
    'two connections of one name',
    { upstreams: [personal(github), personal(two, 'https://v.example/', 'v')] },
    ['upstreams[1].credential.connection has the name of another provider: "github"; give one of them another name'],
  ],
  [
    "an operator's key of the name of what people connect",
    {
      upstreams: [
        personal(github),
        Upstream.mcp('github', { url: 'https://v.example/', credential: Credential.bearer() }),
      ],
    },
    [
      "upstreams[1].credential is the operator's, of the name of what people connect: github: (credential); give one of them another name",
    ],
  ],
  [
    'a variable that is missing',
    { upstreams: [personal(zendesk())] },
    ['upstreams[0].credential.connection.variables.subdomain is required: (undefined); give it, such as "acme"'],
  ],
  [
    'a variable that would be another host',
    { upstreams: [personal(zendesk({ subdomain: 'evil.example/' }))] },
    [
      'upstreams[0].credential.connection.variables.subdomain does not match ^[a-z0-9][a-z0-9_-]*$: "evil.example/"; give it as in "acme"',
    ],
  ],
  [
    'a variable nobody knows',
    { upstreams: [personal(Connection.account(Provider.GITHUB, { clientId: 'c', variables: { host: 'x' } }))] },
    ['upstreams[0].credential.connection.variables.host is no variable of GitHub (OAuth app): "x"; known: none'],
  ],
  [
    'an account at a platform of keys',
    { upstreams: [personal(Connection.account(Provider.TWILIO, { clientId: 'c' }))] },
    [
      'upstreams[0].credential.connection.provider says nothing of OAuth: (Twilio); let people bring a key of their own instead',
    ],
  ],
  [
    'scopes where there are none',
    { connections: [Connection.account(Provider.NOTION, { clientId: 'c', scopes: ['read'] })] },
    [
      'connections[0].scopes are given to a platform that knows none: ["read"]; remove them; what may be done is set at the platform',
    ],
  ],
  [
    'a domain nobody vouches for',
    { connections: [Connection.account(Provider.GITHUB, { clientId: 'c', allowedDomains: ['example.com'] })] },
    [
      'connections[0].allowedDomains would admit nobody: GitHub (OAuth app) vouches for no e-mail address: ["example.com"]; remove it',
    ],
  ],
  [
    'a token of one MCP server for another',
    { upstreams: [personal(Connection.mcpServer({ url: slackServer }), 'https://evil.example/mcp')] },
    [
      'upstreams[0].credential.connection is the account at https://mcp.slack.com, and would be sent to https://evil.example (RFC 8707): (u); connect each server by itself',
    ],
  ],
  [
    'a secret of no client',
    { upstreams: [personal(Connection.mcpServer({ clientSecret: secret }))] },
    [
      'upstreams[0].credential.connection.clientSecret is of no client: "Test/Secret"; give its clientId; the gateway keeps its own otherwise',
    ],
  ],
  [
    'a public client at a platform that does not take PKCE',
    { connections: [Connection.account(Provider.LINKEDIN, { clientId: 'c', publicClient: true })] },
    [
      'connections[0].provider.pkce is left out by a client without a secret: "omit"; send it, or authenticate the client',
    ],
  ],
  [
    'a custom platform over plain http',
    {
      connections: [
        Connection.account(Provider.custom('f', { ...FORGE, tokenEndpoint: 'http://f.example/t' }), { clientId: 'c' }),
      ],
    },
    [
      'connections[0].provider.tokenEndpoint is not https: "http://f.example/t"; use https://; http:// is for loopback hosts only',
    ],
  ],
  [
    'a custom parameter that would undo PKCE',
    {
      connections: [
        Connection.account(
          Provider.custom('f', { ...FORGE, authorizationParameters: { code_challenge_method: 'plain' } }),
          {
            clientId: 'c',
          },
        ),
      ],
    },
    [
      'connections[0].provider.authorizationParameters holds what the gateway itself sends: code_challenge_method: (…); remove it',
    ],
  ],
  [
    'a key of a platform that has none',
    {
      upstreams: [
        Upstream.mcp('u', { url: 'https://u.example/', credential: Credential.operatorKey(Provider.DROPBOX) }),
      ],
    },
    ['upstreams[0].credential.provider has no keys: "dropbox"; let people connect their accounts: Credential.ofPerson'],
  ],
  [
    "a client's secret where an operator key is kept",
    {
      upstreams: [Upstream.mcp('u', { url: 'https://u.example/', credential: Credential.bearer({ secret }) })],
      connections: [Connection.account(Provider.LINEAR, { clientId: 'c', clientSecret: secret })],
    },
    [
      'clientSecret of connection "linear" already holds the key of provider "u": "Test/Secret"; give each a secret of its own',
    ],
  ],
  [
    'an MCP server without upstream or name',
    { connections: [Connection.mcpServer({ url: slackServer })] },
    ['connections[0].name is required: (undefined); give it a name: no upstream has one for it'],
  ],
];

test.each(wrong)('refuses %s', (_, props, lines) => {
  const title = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  expect(() => settings(props)).toThrow(
    `[Test] ${title} in the gateway configuration\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );
});
