import type { ConfigProblem } from '../../../../lambda/config/field';
import { Field } from '../../../../lambda/config/field';
import { fillProvider } from '../../../../lambda/config/fill-provider';
import { readProviderFacts } from '../../../../lambda/config/read-provider-facts';
import { PROVIDERS } from '../../../../lambda/providers';
import type { ProviderFacts, ProviderVariable } from '../../../../lambda/providers/provider-facts';

function problemsOf(facts: unknown): readonly string[] {
  const problems: ConfigProblem[] = [];
  readProviderFacts(new Field('', facts, problems));
  return problems.map(({ path, problem }) => `${path} ${problem}`);
}

const OAUTH = {
  authorizationEndpoint: 'https://f.example/authorize',
  tokenEndpoint: 'https://f.example/token',
  pkce: 'send',
  clientAuthentication: 'client_secret_basic',
  tokenRequestFormat: 'form',
  scopeSeparator: ' ',
  defaultScopes: [],
  refresh: { issued: true, rotation: 'sometimes' },
};
const oauth = (more: object) => ({ id: 'f', name: 'F', oauth: { ...OAUTH, ...more } });
const tenant: ProviderVariable = {
  name: 'tenant',
  from: 'operator',
  pattern: '^[a-z]+$',
  allowedHosts: ['*.f.example'],
  example: 'acme',
};
const variable = (more: Partial<ProviderVariable>, address = 'https://{tenant}.f.example/token') => ({
  ...oauth({ tokenEndpoint: address }),
  variables: [{ ...tenant, ...more }],
});

test('a platform with little to say of it is one', () => {
  expect(problemsOf(oauth({}))).toEqual([]);
  expect(problemsOf(variable({}))).toEqual([]);
});

const wrong: [string, unknown, string[]][] = [
  [
    'a secret sent without TLS',
    oauth({ tokenEndpoint: 'http://f.example/token' }),
    ['oauth.tokenEndpoint is not https'],
  ],
  [
    'an address with a password in it',
    oauth({ tokenEndpoint: 'https://me:pw@f.example/' }),
    ['oauth.tokenEndpoint carries a user name or password'],
  ],
  [
    'a variable nobody described',
    oauth({ tokenEndpoint: 'https://{host}/token' }),
    ['oauth.tokenEndpoint has a variable nobody knows: host'],
  ],
  [
    'a variable that is the end of a host anybody may register',
    variable({ allowedHosts: ['f.example'] }, 'https://f.example.{tenant}/token'),
    ['oauth.tokenEndpoint is on a host that its variable tenant does not allow: "f.example.acme"'],
  ],
  ['a pattern that is not anchored', variable({ pattern: '[a-z]+' }), ['variables[0].pattern is not anchored']],
  ['a pattern that admits another host', variable({ pattern: '^.*$' }), ['variables[0].pattern would admit "a b"']],
  [
    'an example that is none',
    variable({ example: 'ACME' }, 'https://f.example/{tenant}'),
    [
      'variables[0].example does not match its pattern',
      'oauth.tokenEndpoint is on a host that its variable tenant does not allow: "f.example"',
    ],
  ],
  [
    'a parameter that replaces the state',
    oauth({ authorizationParameters: { state: 'x' } }),
    ['oauth.authorizationParameters holds what the gateway itself sends: state'],
  ],
  [
    'a header with a credential in it',
    oauth({ headers: { authorization: 'Bearer x' } }),
    ['oauth.headers holds what the gateway itself sends: authorization'],
  ],
  [
    'a header that ends early',
    oauth({ headers: { 'X-A': 'a\r\nX-B: b' } }),
    ['oauth.headers["X-A"] is not plain text'],
  ],
  [
    'neither secret nor PKCE',
    oauth({ clientAuthentication: 'none', pkce: 'omit' }),
    ['oauth.pkce is left out by a client without a secret'],
  ],
  [
    'a token template with a part no account has',
    oauth({ apiHeaders: { Authorization: 'Bearer {access_token}', 'X-Key': '{key}' } }),
    ['oauth.apiHeaders has a placeholder other than {access_token}'],
  ],
  [
    'a key template with the token of an account',
    { id: 'f', name: 'F', apiKey: { headers: { Authorization: 'Bearer {access_token}' } } },
    ['apiKey.headers has {access_token}, which is of a connected account'],
  ],
  [
    'rotation of what is never issued',
    oauth({ refresh: { issued: false, rotation: 'always' } }),
    ['oauth.refresh.rotation is of refresh tokens that are never issued'],
  ],
  [
    'grace for what stays',
    oauth({ refresh: { issued: true, rotation: 'never', graceSeconds: 60 } }),
    ['oauth.refresh.graceSeconds is of refresh tokens that work once'],
  ],
  [
    'an error code that is none of the standard',
    oauth({ response: { errorCodes: { token_revoked: 'broken' } } }),
    ['oauth.response.errorCodes["token_revoked"] is not one of them'],
  ],
  [
    'an identity nobody asks for',
    oauth({ identity: { idPath: 'id' } }),
    ['oauth.identity.idPath points into an answer nobody asks for'],
  ],
  ['a member nobody knows', oauth({ clientSecret: 'x' }), ['oauth.clientSecret is not a known field']],
];

test.each(wrong)('refuses %s', (_, facts, problems) => {
  expect(problemsOf(facts)).toEqual(problems);
});

test('a secret in a place nobody knows is not repeated in what is said of it', () => {
  const problems: ConfigProblem[] = [];
  readProviderFacts(new Field('', oauth({ clientSecret: 'sk_live_x' }), problems));
  expect(JSON.stringify(problems)).not.toContain('sk_live_x');
});

describe('a value of the operator does not choose the host', () => {
  const { zendesk, salesforce } = PROVIDERS;

  test.each(['evil.example/', 'a.evil.example#', 'a@evil', 'a b', 'A', '', '..'])(
    'fails with the subdomain %j',
    (value) => {
      expect(fillProvider(zendesk, { subdomain: value }).problems.map(({ path }) => path)).toEqual(['subdomain']);
    },
  );

  test.each(['login.salesforce.com.evil.example', 'evil.example', 'salesforce.com.evil.example/.salesforce.com'])(
    'fails with the login host %j',
    (value) => {
      expect(fillProvider(salesforce, { loginHost: value }).problems.map(({ path }) => path)).toEqual(['loginHost']);
    },
  );

  test('fails with a name that is longer than one may be, and says so once', () => {
    for (const subdomain of ['a'.repeat(64), 'a'.repeat(3_000)]) {
      expect(fillProvider(zendesk, { subdomain }).problems).toMatchObject([
        { path: 'subdomain', problem: 'is longer than a name in the internet may be', fix: 'give it as in "acme"' },
      ]);
    }
    expect(fillProvider(zendesk, { subdomain: 'a'.repeat(63) }).problems).toEqual([]);
  });

  test('fails where only an end of a pattern is anchored', () => {
    const facts = variable({ pattern: '^acme|umbrella$', example: 'acme' }) as unknown as ProviderFacts;
    expect(fillProvider(facts, { tenant: 'acme-evil' }).problems.map(({ path }) => path)).toEqual(['tenant']);
    expect(fillProvider(facts, { tenant: 'umbrella' }).problems).toEqual([]);
  });

  test('fails where the pattern is wider than the hosts', () => {
    const facts = { ...variable({ pattern: '^[a-z.]+$', allowedHosts: ['*.f.example'] }, 'https://{tenant}/token') };
    const { problems } = fillProvider(facts as unknown as ProviderFacts, { tenant: 'evil.example' });
    expect(problems).toEqual([
      {
        path: 'tenant',
        value: '"evil.example"',
        problem: 'makes the address https://evil.example/token',
        fix: 'stay on *.f.example',
      },
    ]);
  });
});
