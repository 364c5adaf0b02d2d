import { inspect } from 'node:util';
import { parseDuration } from '../../../sdk/duration';
import { McpGateway, McpGatewayError, type McpGatewayOptions } from '../../../sdk/index';
import { CREDENTIALS } from './fake-gateway';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.token.signature';
const OPTIONS: McpGatewayOptions = {
  authMode: 'iam',
  clientId: 'test',
  url: 'https://mcp.example.com',
  region: 'eu-west-1',
};

function refused(make: () => unknown): McpGatewayError {
  try {
    make();
  } catch (error) {
    if (error instanceof McpGatewayError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

test('an instance shows its URL and mode, and neither token nor credentials', () => {
  const gateway = new McpGateway({ ...OPTIONS, token: TOKEN, credentials: CREDENTIALS });
  expect(inspect(gateway, { depth: 10, showHidden: true })).toBe(
    "McpGateway { url: 'https://mcp.example.com', authMode: 'iam' }",
  );
  expect(JSON.stringify(gateway)).toBe('{}');
  expect(Object.getOwnPropertyNames(gateway)).toEqual([]);
});

test.each([{}, { registeredClientId: 'ci' }, { privateKey: '/key.pem' }])(
  'refuses authMode client-credentials with %j only, and says what it needs',
  (some) => {
    expect(
      refused(
        () => new McpGateway({ ...OPTIONS, clientId: undefined, authMode: 'client-credentials', ...some } as never),
      ),
    ).toMatchObject({
      code: 'invalid_option',
      message: "authMode 'client-credentials' needs registeredClientId and privateKey",
    });
  },
);

test.each([
  ['an unknown authMode', { authMode: 'none' }, 'authMode is none of those there are'],
  ['a missing authMode', { authMode: undefined }, 'authMode is none of those there are'],
  [
    'a clientId with a line break',
    { clientId: 'a\nb' },
    'clientId is not a name of 1 to 200 printable characters without spaces',
  ],
  [
    'a registeredClientId with a space',
    { authMode: 'oauth2.1-pkce', registeredClientId: 'a b' },
    'registeredClientId is not a name of 1 to 200 printable characters without spaces',
  ],
  [
    'a signInTimeout of two days',
    { authMode: 'oauth2.1-pkce', signInTimeout: '2880m' },
    'signInTimeout is "2880m", which is not a duration from 0 to one day',
  ],
  ['a cacheTtl without a unit', { cacheTtl: '1' }, 'cacheTtl is "1", which is not a duration from 0 to one day'],
  ['a negative cacheTtl', { cacheTtl: -1 }, 'cacheTtl is -1, which is not a duration from 0 to one day'],
  [
    'a cacheTtl that is not a number',
    { cacheTtl: Number.NaN },
    'cacheTtl is NaN, which is not a duration from 0 to one day',
  ],
  [
    'a cacheTtl of another type',
    { cacheTtl: {} },
    'cacheTtl is of type object, which is not a duration from 0 to one day',
  ],
  ['a timeout of two days', { timeout: '2880m' }, 'timeout is "2880m", which is not a duration from 0 to one day'],
])('refuses %s', (_name, options, message) => {
  expect(refused(() => new McpGateway({ ...OPTIONS, ...options } as never))).toMatchObject({
    code: 'invalid_option',
    message,
  });
});

test.each([
  ['1s', 1000],
  ['250ms', 250],
  ['0s', 0],
  ['1.5s', 1500],
  ['2m', 120_000],
  [0, 0],
  [750, 750],
] as const)('a duration of %s is %i ms', (text, ms) => {
  expect(parseDuration('cacheTtl', text)).toBe(ms);
});

test('refuses vault calls with authMode token, before anything is sent', async () => {
  const gateway = new McpGateway({ ...OPTIONS, authMode: 'token', token: TOKEN });
  await expect(gateway.storeInVault({ provider: 'stripe', key: 'k' })).rejects.toMatchObject({
    code: 'auth_mode_unavailable',
    message: "Vault calls do not work with authMode 'token'",
  });
});

test('refuses calls of grants and switches without an AWS identity, before anything is sent', async () => {
  const gateway = new McpGateway({ ...OPTIONS, authMode: 'oauth2.1-pkce' });
  for (const call of [() => gateway.grants.list(), () => gateway.switches.set({ kind: 'gateway', action: 'block' })]) {
    await expect(call()).rejects.toMatchObject({
      code: 'auth_mode_unavailable',
      message: "Administration calls do not work with authMode 'oauth2.1-pkce'",
    });
  }
});

test('refuses to sign anybody in where nobody signs in', async () => {
  await expect(new McpGateway(OPTIONS).signIn()).rejects.toMatchObject({
    code: 'auth_mode_unavailable',
    message: "Nobody signs in with authMode 'iam'",
  });
});

test('refuses to connect without a token, and with one that is not one', async () => {
  await expect(new McpGateway(OPTIONS).connect('stripe')).rejects.toMatchObject({ code: 'token_missing' });
  const gateway = new McpGateway({ ...OPTIONS, token: 'Bearer x\ny' });
  await expect(gateway.connect('stripe')).rejects.toMatchObject({ code: 'token_missing' });
});

test('fails with the next step when there are no AWS credentials', async () => {
  const gateway = new McpGateway({
    ...OPTIONS,
    credentials: () => Promise.reject(new Error('Could not load credentials from any providers')),
  });
  await expect(gateway.vault.list()).rejects.toMatchObject({
    code: 'aws_credentials_missing',
    message: 'No AWS credentials were found',
  });
});
