import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AuthMode,
  ClientAuthentication,
  IdentityProvider,
  McpGateway,
  type Oauth21PkceOptions,
  RegisteredClient,
} from '../../lib';
import { ISSUER, PROPS, signIn } from '../helpers/gateway-stack';

const stack = new Stack(new App(), 'Test');
const parameter = new CfnParameter(stack, 'Parameter', { type: 'Number' });
const clientSecret = Secret.fromSecretNameV2(stack, 'Secret', 'idp');

const TENANT = '11111111-2222-3333-4444-555555555555';
const clientId = 'gateway';
const DEPLOY_TIME =
  'give a literal; only issuer, jwksUri, url, allowedOrigins and a clientId may come from another resource';
const HOST_FIX = 'give it in lower case, without scheme, port or path';
const PATTERN_FIX = 'give a host in lower case without scheme, port or path, or *.example.com for every host below';
const LOGO = `data:image/png;base64,${'A'.repeat(50_000)}`;

const auth = (options: Partial<Oauth21PkceOptions>) => signIn(options).auth;
const idp = (identityProvider: IdentityProvider, options: Partial<Oauth21PkceOptions> = {}) =>
  AuthMode.oauth21Pkce({ identityProvider, ...options });
const google = { hostedDomain: 'example.com', clientId };
const entra = { tenantId: TENANT, clientId };

const cases: [string, AuthMode, string[]][] = [
  [
    'an identity provider without TLS',
    signIn({}, { issuer: 'http://login.example.com' }).auth,
    [
      'auth.identityProvider.issuer is not https: "http://login.example.com"; use https://; http:// is for loopback hosts only',
    ],
  ],
  [
    'a subject that passes to another person',
    signIn({}, { subjectClaim: 'email' }).auth,
    ['auth.identityProvider.subjectClaim can pass to another person: "email"; use a claim that stays, such as sub'],
  ],
  [
    'a sign-in without openid',
    signIn({}, { scopes: ['profile'] }).auth,
    ['auth.identityProvider.scopes lacks openid: ["profile"]; add openid: without it the provider sends no ID token'],
  ],
  [
    'a parameter that would undo what binds the login',
    signIn({}, { authorizationParameters: { nonce: 'x' } }).auth,
    ['auth.identityProvider.authorizationParameters.nonce is a parameter the gateway sets itself: "x"; remove it'],
  ],
  [
    'ID tokens anybody could sign',
    signIn({}, { idTokenAlgorithms: ['HS256'] }).auth,
    [
      'auth.identityProvider.idTokenAlgorithms[0] would let anyone forge tokens: "HS256"; use an asymmetric algorithm, such as ES256 or RS256',
    ],
  ],
  [
    'a tenant restriction that names none',
    signIn({}, { allowedTenants: { claim: 'org', values: [] } }).auth,
    ['auth.identityProvider.allowedTenants.values has 0 entries: (list of 0); give 1 to 200 entries'],
  ],
  [
    'a secret in two places',
    signIn({}, { clientSecret, clientAuthentication: ClientAuthentication.none() }).auth,
    [
      'auth.identityProvider.clientSecret is given beside clientAuthentication: "Test/Secret"; give one of them; ClientAuthentication.secretPost(secret) takes the secret too',
    ],
  ],
  [
    'every directory of Entra',
    idp(IdentityProvider.entra({ tenantId: 'common', clientId })),
    [
      'auth.identityProvider.tenantId is not the id of one directory: "common"; give its GUID; common and organizations would admit anybody',
    ],
  ],
  ...(
    [
      ['Entra', IdentityProvider.entra({ ...entra, clientAuthentication: ClientAuthentication.privateKeyJwt() })],
      ['Google', IdentityProvider.google({ ...google, clientAuthentication: ClientAuthentication.privateKeyJwt() })],
      [
        'Auth0',
        IdentityProvider.auth0({
          domain: 'example.auth0.com',
          clientId,
          clientAuthentication: ClientAuthentication.privateKeyJwt(),
        }),
      ],
      [
        'Cognito',
        IdentityProvider.cognito({
          userPoolId: 'eu-west-1_A',
          clientId,
          clientAuthentication: ClientAuthentication.privateKeyJwt(),
        }),
      ],
    ] as const
  ).map(([name, provider]): [string, AuthMode, string[]] => [
    `an assertion ${name} would not take`,
    idp(provider),
    [
      `auth.identityProvider.clientAuthentication is not possible: ${name} takes no assertion signed by ES256: (privateKeyJwt); use ClientAuthentication.secret()`,
    ],
  ]),
  [
    'groups of a provider that sends none',
    idp(IdentityProvider.google(google), { allowedGroups: ['a'], administratorGroups: ['b'] }),
    [
      'auth.allowedGroups would admit nobody: Google sends no groups: ["a"]; remove it',
      'auth.administratorGroups would admit nobody: Google sends no groups: ["b"]; remove it',
    ],
  ],
  [
    'addresses nobody verified',
    idp(IdentityProvider.entra(entra), { allowedDomains: ['example.com'] }),
    [
      'auth.allowedDomains would admit nobody: Entra does not say whether an e-mail address is verified: ["example.com"]; remove it, and restrict by allowedGroups',
    ],
  ],
  [
    'a URL where a preset wants a host',
    idp(IdentityProvider.okta({ domain: 'https://example.okta.com', clientId })),
    [`auth.identityProvider.domain is not a host name: "https://example.okta.com"; ${HOST_FIX}`],
  ],
  [
    'a user pool without a name',
    idp(IdentityProvider.cognito({ clientId })),
    [
      'auth.identityProvider.userPoolId names no user pool: (undefined); give userPool, or an id such as eu-west-1_AbCdEfGhI',
    ],
  ],
  [
    'a restriction to nobody, and a domain that is an address',
    auth({ allowedGroups: [], allowedDomains: ['@example.com'] }),
    [
      'auth.allowedGroups has 0 entries: (list of 0); give 1 to 200 entries',
      `auth.allowedDomains[0] is not a host name: "@example.com"; ${HOST_FIX}`,
    ],
  ],
  [
    'scopes with a meaning of their own',
    auth({ scopes: ['offline_access', 'vault:manage', 'openid'] }),
    [0, 1, 2].map(
      (n) =>
        `auth.scopes[${n}] has a meaning of its own: ${JSON.stringify(['offline_access', 'vault:manage', 'openid'][n])}; give the scope of your tools another name, such as mcp:tools`,
    ),
  ],
  ['no scope', auth({ scopes: [] }), ['auth.scopes has 0 entries: (list of 0); give 1 to 50 entries']],
  [
    'a client’s private key, without showing it',
    auth({
      clients: [
        RegisteredClient.machine('nightly', {
          name: 'Nightly',
          keys: [{ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: 'secret' }],
        }),
      ],
    }),
    [
      'auth.clients[0].keys[0] is a private or symmetric key: (key); give the public key only, and replace this one: it was copied',
    ],
  ],
  [
    'clients of one id, and one that answers to nobody',
    auth({
      clients: [
        RegisteredClient.publicClient('app', { name: 'App', redirectUris: ['https://app.example.com/cb'] }),
        RegisteredClient.publicClient('app', { name: 'App', redirectUris: [] }),
      ],
    }),
    [
      'auth.clients[1].redirectUris is needed to sign people in: []; give where the answer goes, or register a machine',
      'auth.clients[1].clientId is used twice: "app"; give every client an id of its own',
    ],
  ],
  [
    'redirect URIs that lead elsewhere',
    auth({
      clients: [
        RegisteredClient.publicClient('app', {
          name: 'App',
          redirectUris: ['http://app.example.com/cb', 'https://*.example.com/cb', 'javascript:alert(1)'],
        }),
      ],
    }),
    [
      'auth.clients[0].redirectUris[0] is not https: "http://app.example.com/cb"; use https://; http:// is for 127.0.0.1, [::1] and localhost only',
      'auth.clients[0].redirectUris[1] has a wildcard: "https://*.example.com/cb"; give every redirect URI in full',
      'auth.clients[0].redirectUris[2] is not an absolute URI: "javascript:alert(1)"; give all of it, such as https://app.example.com/callback',
    ],
  ],
  [
    'hosts and schemes of everybody, counted as they were given',
    auth({
      clientIdMetadata: { allowedHosts: ['agents.example.com', '*.com'] },
      dynamicRegistration: {
        allowedRedirectHosts: ['https://app.example.com'],
        allowedPrivateSchemes: ['myapp', 'ms-msdt'],
        unusedClientsExpireAfter: Duration.hours(36),
      },
    }),
    [
      `auth.clientIdMetadata.allowedHosts[1] is not a host: "*.com"; ${PATTERN_FIX}`,
      `auth.dynamicRegistration.allowedRedirectHosts[0] is not a host, nor a host with a path: "https://app.example.com"; give a host in lower case without scheme or port, or *.example.com for every host below; behind it nothing, or a path such as /callback, or /oauth/ for all below`,
      `auth.dynamicRegistration.allowedPrivateSchemes[1] is not a private-use URI scheme: "ms-msdt"; give an application's own scheme without its colon, such as cursor`,
      'auth.dynamicRegistration.unusedClientsExpireAfter must be a whole number of days from 1 to 365: 1.5; give 1 to 365',
    ],
  ],
  [
    'an issuer of assertions twice, and without TLS',
    auth({ assertionIssuers: [{ issuer: ISSUER }, { issuer: ISSUER, jwksUri: 'http://login.example.com/keys' }] }),
    [
      `auth.assertionIssuers[1].issuer is given twice: "${ISSUER}"; remove one of them`,
      'auth.assertionIssuers[1].jwksUri is not https: "http://login.example.com/keys"; use https://; http:// is for loopback hosts only',
    ],
  ],
  [
    'lifetimes out of range',
    auth({
      accessTokenLifetime: Duration.hours(2),
      grantIdleTimeout: Duration.days(100),
      grantLifetime: Duration.days(30),
      refreshTokenGrace: Duration.minutes(10),
      signingKeyRotation: Duration.days(1),
    }),
    [
      'auth.grantIdleTimeout is longer than a grant lives at all (2592000 s): 8640000; make it shorter, or the life of a grant longer',
      'auth.accessTokenLifetime must be a whole number of seconds from 60 to 3600: 7200; give 60 to 3600',
      'auth.refreshTokenGrace must be a whole number of seconds from 0 to 120: 600; give 0 to 120',
      'auth.signingKeyRotation must be a whole number of days from 7 to 365: 1; give 7 to 365',
    ],
  ],
  [
    'branding from elsewhere',
    auth({ branding: { name: 'Evil\u202egateway', logo: 'https://cdn.example.com/logo.png', accentColor: 'red' } }),
    [
      'auth.branding.name is not a name: "Evil\u202egateway"; give 1 to 60 printable characters on one line',
      'auth.branding.logo is not an image in the page itself: (32 characters); give data:image/svg+xml;base64,… or data:image/png;base64,…',
      'auth.branding.accentColor is not a colour: "red"; write it as #rrggbb',
    ],
  ],
  [
    'a logo too large',
    auth({ branding: { logo: LOGO } }),
    [`auth.branding.logo is too large: (${LOGO.length} characters); give an image of at most 32 KB`],
  ],
  [
    'what is known at deployment only',
    auth({
      accessTokenLifetime: Duration.seconds(parameter.valueAsNumber),
      clientIdMetadata: { allowedHosts: [parameter.valueAsString] },
    }),
    [
      `auth.clientIdMetadata.allowedHosts[0] is known only at deploy time: "<token>"; ${DEPLOY_TIME}`,
      `auth.accessTokenLifetime is known only at deploy time: "<token>"; ${DEPLOY_TIME}`,
    ],
  ],
  [
    'no warm environment',
    auth({ provisionedConcurrency: 0 }),
    ['auth.provisionedConcurrency must be a whole number of environments from 1 to 100000: 0; give 1 to 100000'],
  ],
];

test.each(cases)('fails at synth for %s', (_, mode, lines) => {
  const refused = refusal(mode);
  const title = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  expect(refused.message.replace(/\$\{Token\[[^"]*/g, '<token>')).toBe(
    [`[Test/Gateway] ${title} in the gateway configuration`, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  expect(refused).toMatchObject({ name: 'ConfigurationError', code: 'invalid_props' });
});

test('the construct is made of what passes: a client of every kind, every list of its own', () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', kid: 'one' };
  const made = new McpGateway(stack, 'Right', {
    ...PROPS,
    auth: auth({
      allowedGroups: ['engineering'],
      allowedDomains: ['example.com'],
      clients: [
        RegisteredClient.publicClient('app', {
          name: 'App',
          redirectUris: ['https://app.example.com/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb'],
        }),
        RegisteredClient.confidentialClient('portal', {
          name: 'Portal',
          redirectUris: ['https://portal.example.com/cb'],
          keys: [key],
        }),
        RegisteredClient.machine('nightly', { name: 'Nightly', keys: [key] }),
      ],
      clientIdMetadata: { allowedHosts: ['*.agents.example.com'], wellKnownAgents: false },
      dynamicRegistration: { allowedPrivateSchemes: ['myapp'], unusedClientsExpireAfter: Duration.days(30) },
      refreshTokenGrace: Duration.seconds(0),
      branding: { name: 'Werkzeuge für alle', logo: 'data:image/svg+xml;base64,PHN2Zy8+', accentColor: '#0a5FFF' },
    }),
  });
  expect(made.authTable).toBeDefined();
});

function refusal(mode: AuthMode): Error {
  try {
    new McpGateway(stack, 'Gateway', { ...PROPS, auth: mode });
  } catch (error) {
    stack.node.tryRemoveChild('Gateway');
    return error as Error;
  }
  throw new Error('nothing was refused');
}
