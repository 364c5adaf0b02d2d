import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AuthMode, Credential, McpGateway, type McpGatewayProps, Upstream } from '../../lib';
import { ISSUER, PROPS } from '../helpers/gateway-stack';

const stack = new Stack(new App(), 'Test');
const parameter = new CfnParameter(stack, 'Parameter', { type: 'Number' });
const first = Secret.fromSecretNameV2(stack, 'First', 'first');
const second = Secret.fromSecretNameV2(stack, 'Second', 'second');
const secondAgain = Secret.fromSecretNameV2(stack, 'SecondAgain', 'second');

const DEPLOY_TIME =
  'give a literal; only issuer, jwksUri, url, allowedOrigins and a clientId may come from another resource';
const NAME_FIX = 'use a lower-case letter, then at most 62 lower-case letters, digits and hyphens';

const auth = (more: object) => ({ auth: AuthMode.external({ issuer: ISSUER, ...more }) });
const upstream = (more: object, name = 'u') => ({
  upstreams: [Upstream.mcp(name, { url: 'https://u.example/', ...more })],
});

const cases: [string, Partial<McpGatewayProps>, string[]][] = [
  [
    'an issuer without TLS',
    auth({ issuer: 'http://login.example.com' }),
    ['auth.issuer is not https: "http://login.example.com"; use https://; http:// is for loopback hosts only'],
  ],
  [
    'a token in a URL that is not https',
    upstream({ url: `http://${parameter.valueAsString}/` }),
    ['upstreams[0].url is not https: "http://mcp-value-0.invalid/"; use https://; http:// is for loopback hosts only'],
  ],
  [
    'a symmetric algorithm',
    auth({ algorithms: ['HS256'] }),
    ['auth.algorithms[0] would let anyone forge tokens: "HS256"; use an asymmetric algorithm, such as ES256 or RS256'],
  ],
  [
    'a token type, by the name of its prop',
    auth({ acceptedTokenTypes: ['JWT'] }),
    [
      'auth.acceptedTokenTypes[0] is not a token type: "JWT"; write it in lower case without application/, such as at+jwt',
    ],
  ],
  [
    'a wide clock tolerance',
    auth({ clockTolerance: Duration.minutes(5) }),
    ['auth.clockTolerance must be a whole number of seconds from 0 to 60: 300; give 0 to 60'],
  ],
  [
    'half a millisecond of cache',
    { cacheTtl: Duration.millis(0.5) },
    ['cacheTtl must be a whole number of milliseconds from 0 to 300000: 0.5; give 0 to 300000'],
  ],
  [
    'an hour of cache',
    { cacheTtl: Duration.hours(1) },
    ['cacheTtl must be a whole number of milliseconds from 0 to 300000: 3600000; give 0 to 300000'],
  ],
  [
    'a duration known at deployment only',
    { cacheTtl: Duration.seconds(parameter.valueAsNumber) },
    [`cacheTtl is known only at deploy time: "<token>"; ${DEPLOY_TIME}`],
  ],
  [
    'scopes known at deployment only',
    auth({ requiredScopes: [parameter.valueAsString] }),
    [`auth.requiredScopes[0] is known only at deploy time: "<token>"; ${DEPLOY_TIME}`],
  ],
  [
    'a name known at deployment only',
    upstream({}, parameter.valueAsString),
    [`upstreams[0].name is known only at deploy time: "<token>"; ${DEPLOY_TIME}`],
  ],
  ['no upstream', { upstreams: [] }, ['upstreams has 0 entries: (list of 0); give 1 to 100 entries']],
  [
    'a wrong name, once although it is also the provider',
    upstream({ credential: Credential.bearer() }, 'Stripe'),
    [`upstreams[0].name is not a valid name: "Stripe"; ${NAME_FIX}`],
  ],
  [
    'a wrong provider',
    upstream({ credential: Credential.bearer({ provider: 'My Key' }) }),
    [`upstreams[0].credential.provider is not a valid name: "My Key"; ${NAME_FIX}`],
  ],
  [
    'a wrong part',
    upstream({ credential: Credential.bearer({ part: 'My_Key' }) }),
    [
      `upstreams[0].credential.headers.Authorization has a brace outside a placeholder: "Bearer ……"; write placeholders as {name}; in a name, ${NAME_FIX}`,
      'upstreams[0].credential.headers has no placeholder, so it would send no secret: (1 headers); write {key} where the secret goes; the value itself belongs in the vault, never here',
    ],
  ],
  [
    'a key pasted where its place should be described',
    upstream({ credential: Credential.headers({ 'X-Key': 'sk_live_123' }) }),
    [
      'upstreams[0].credential.headers has no placeholder, so it would send no secret: (1 headers); write {key} where the secret goes; the value itself belongs in the vault, never here',
    ],
  ],
  [
    'a header of the protocol',
    upstream({ credential: Credential.header('Mcp-Session-Id') }),
    [
      'upstreams[0].credential.headers["Mcp-Session-Id"] is a header the gateway sets itself: "Mcp-Session-Id"; use another header, such as Authorization',
    ],
  ],
  [
    'a call longer than Lambda may run',
    upstream({ timeout: Duration.minutes(15) }),
    ['upstreams[0].timeout must be a whole number of milliseconds from 1 to 899000: 900000; give 1 to 899000'],
  ],
  [
    'a connection slower than the call',
    upstream({ timeout: Duration.seconds(2), connectTimeout: Duration.seconds(3) }),
    [
      'upstreams[0].connectTimeout is longer than the whole call may take (2000 ms): 3000; make it shorter, or the time for the whole call longer',
    ],
  ],
  [
    'an origin with a path',
    { allowedOrigins: ['https://app.example.com/'] },
    [
      'allowedOrigins[0] is not an exact origin: "https://app.example.com/"; give scheme, lower-case host and non-default port only, such as https://app.example.com',
    ],
  ],
  [
    'one key in two secrets',
    {
      upstreams: [
        Upstream.mcp('a', {
          url: 'https://a.example/',
          credential: Credential.bearer({ provider: 'p', secret: first }),
        }),
        Upstream.mcp('b', { url: 'https://b.example/', credential: Credential.bearer({ provider: 'p' }) }),
        Upstream.mcp('c', {
          url: 'https://c.example/',
          credential: Credential.bearer({ provider: 'p', secret: second }),
        }),
      ],
    },
    [
      'upstreams[2].credential.secret is not the secret another upstream gives for provider "p": "Test/Second"; give both the same secret, or another provider name to one of them',
    ],
  ],
  [
    'two keys in one secret, also when it is imported twice',
    {
      upstreams: [
        Upstream.mcp('a', { url: 'https://a.example/', credential: Credential.bearer({ secret: first }) }),
        Upstream.mcp('b', { url: 'https://b.example/', credential: Credential.bearer({ secret: first }) }),
        Upstream.mcp('c', { url: 'https://c.example/', credential: Credential.bearer({ secret: second }) }),
        Upstream.mcp('d', { url: 'https://d.example/', credential: Credential.bearer({ secret: secondAgain }) }),
        Upstream.mcp('e', {
          url: 'https://e.example/',
          credential: Credential.bearer({ provider: 'a', secret: first }),
        }),
      ],
    },
    [
      'upstreams[1].credential.secret already holds the key of provider "a": "Test/First"; give each provider a secret of its own, or both upstreams the same provider',
      'upstreams[3].credential.secret already holds the key of provider "c": "Test/SecondAgain"; give each provider a secret of its own, or both upstreams the same provider',
    ],
  ],
  [
    'no warm environment',
    { provisionedConcurrency: 0 },
    ['provisionedConcurrency must be a whole number of environments from 1 to 100000: 0; give 1 to 100000'],
  ],
  [
    'scaling up from nothing',
    { maxProvisionedConcurrency: 5 },
    [
      'maxProvisionedConcurrency must be a whole number above provisionedConcurrency, which it scales up from: 5; give provisionedConcurrency too',
    ],
  ],
  [
    'scaling up to less',
    { provisionedConcurrency: 5, maxProvisionedConcurrency: 5 },
    [
      'maxProvisionedConcurrency must be a whole number above provisionedConcurrency, which it scales up from: 5; give more than 5',
    ],
  ],
  [
    'too long a backup',
    { pointInTimeRecoveryDays: 36 },
    ['pointInTimeRecoveryDays must be a whole number of days from 1 to 35: 36; give 1 to 35'],
  ],
  [
    'a Lambda too small',
    { memorySize: 64 },
    ['memorySize must be a whole number of MB from 128 to 10240: 64; give 128 to 10240'],
  ],
  [
    'a closed door',
    { throttlingRateLimit: -1, throttlingBurstLimit: 0.5 },
    [
      'throttlingRateLimit must be a whole number of requests per second from 0 to 1000000: -1; give 0 to 1000000',
      'throttlingBurstLimit must be a whole number of requests from 0 to 1000000: 0.5; give 0 to 1000000',
    ],
  ],
  [
    'everything wrong at once',
    { ...auth({ issuer: 'x' }), ...upstream({}, 'X'), cacheTtl: Duration.days(1), provisionedConcurrency: -1 },
    [
      'auth.issuer is not an absolute URL: "x"; give an https:// URL, non-ASCII characters percent-encoded',
      `upstreams[0].name is not a valid name: "X"; ${NAME_FIX}`,
      'cacheTtl must be a whole number of milliseconds from 0 to 300000: 86400000; give 0 to 300000',
      'provisionedConcurrency must be a whole number of environments from 1 to 100000: -1; give 1 to 100000',
    ],
  ],
];

test.each(cases)('fails at synth for %s', (_, props, lines) => {
  const refused = refusal(props);
  const title = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  expect(refused.message.replace(/\$\{Token\[[^"]*/, '<token>')).toBe(
    [`[Test/Gateway] ${title} in the gateway configuration`, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  expect(refused).toMatchObject({ name: 'ConfigurationError', code: 'invalid_props' });
});

function refusal(props: Partial<McpGatewayProps>): Error {
  try {
    new McpGateway(stack, 'Gateway', { ...PROPS, ...props });
  } catch (error) {
    stack.node.tryRemoveChild('Gateway');
    return error as Error;
  }
  throw new Error('nothing was refused');
}
