import { readClientDocument } from '../../../../../../lambda/core/authz/clients/client-document';

const URL = 'https://chatgpt.com/oauth/tU1UVEq8rRTK/client.json';
const CONTEXT = {
  clientId: URL,
  host: 'chatgpt.com',
  allowedHosts: ['chatgpt.com', 'openai.com'],
  privateSchemes: ['cursor'],
};
const BASIC = {
  client_id: URL,
  client_name: 'ChatGPT',
  redirect_uris: ['https://chatgpt.com/connector/oauth/callback'],
};
const JWKS_URI = 'https://chatgpt.com/oauth/jwks.json';
const PUBLIC_KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: '1' };

const read = (members: Record<string, unknown>) => readClientDocument({ ...BASIC, ...members }, CONTEXT);

test('a document without a method is a public client’s', () => {
  expect(read({})).toEqual({
    ok: true,
    value: {
      clientId: URL,
      kind: 'metadata_document',
      host: 'chatgpt.com',
      name: 'ChatGPT',
      redirectUris: BASIC.redirect_uris,
      grantTypes: ['authorization_code', 'refresh_token'],
      authentication: 'none',
    },
  });
});

test('ChatGPT’s document names private_key_jwt, with its keys at an address', () => {
  const document = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: JWKS_URI,
    token_endpoint_auth_signing_alg: 'RS256',
  };
  expect(read(document)).toMatchObject({ ok: true, value: { authentication: 'private_key_jwt', jwksUri: JWKS_URI } });
});

test('ChatGPT’s other document offers none as well: it is public, and its keys are kept', () => {
  const document = {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    jwks_uri: JWKS_URI,
  };
  expect(read(document)).toMatchObject({ ok: true, value: { authentication: 'none', jwksUri: JWKS_URI } });
});

test('keys may stand in the document itself', () => {
  const document = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [PUBLIC_KEY] } };
  expect(read(document)).toMatchObject({ ok: true, value: { jwks: { keys: [PUBLIC_KEY] } } });
});

test('members nobody asked for are left out', () => {
  const read1 = read({
    logo_uri: 'javascript:alert(1)',
    client_uri: 'x',
    scope: 'root',
    contacts: [1],
    __proto__: { a: 1 },
  });
  expect(JSON.stringify(read1)).not.toMatch(/javascript|client_uri|root|contacts/);
});

test.each<[string, unknown]>([
  ['another address as client_id', { ...BASIC, client_id: `${URL}/` }],
  ['the same address in other letters', { ...BASIC, client_id: URL.replace('chatgpt', 'ChatGPT') }],
  ['the same address, encoded otherwise', { ...BASIC, client_id: URL.replace('oauth', '%6fauth') }],
  ['a list as client_id', { ...BASIC, client_id: [URL] }],
  ['no client_id', { ...BASIC, client_id: undefined }],
  ['no name', { ...BASIC, client_name: undefined }],
  ['an empty name', { ...BASIC, client_name: ' \u200b' }],
  ['no addresses', { ...BASIC, redirect_uris: undefined }],
  ['no address that may be used', { ...BASIC, redirect_uris: ['javascript:alert(1)', 'http://evil.example/cb'] }],
  ['a client secret', { ...BASIC, client_secret: 's3cret' }],
  ['an empty client secret', { ...BASIC, client_secret: '' }],
  ['the time a client secret ends', { ...BASIC, client_secret_expires_at: 0 }],
  ['client_secret_basic', { ...BASIC, token_endpoint_auth_method: 'client_secret_basic' }],
  ['client_secret_post', { ...BASIC, token_endpoint_auth_method: 'client_secret_post' }],
  ['client_secret_jwt', { ...BASIC, token_endpoint_auth_method: 'client_secret_jwt' }],
  ['tls_client_auth', { ...BASIC, token_endpoint_auth_method: 'tls_client_auth' }],
  ['only shared secrets to choose from', { ...BASIC, token_endpoint_auth_methods_supported: ['client_secret_post'] }],
  ['methods that are a text', { ...BASIC, token_endpoint_auth_methods_supported: 'none' }],
  ['private_key_jwt without keys', { ...BASIC, token_endpoint_auth_method: 'private_key_jwt' }],
  ['keys on another host', { ...BASIC, jwks_uri: 'https://evil.example/jwks' }],
  ['keys on http', { ...BASIC, jwks_uri: 'http://chatgpt.com/jwks' }],
  ['keys at an address that is a list', { ...BASIC, jwks_uri: [JWKS_URI] }],
  ['keys in two places', { ...BASIC, jwks_uri: JWKS_URI, jwks: { keys: [PUBLIC_KEY] } }],
  ['a symmetric key', { ...BASIC, jwks: { keys: [{ kty: 'oct', k: 'AA' }] } }],
  ['a private key', { ...BASIC, jwks: { keys: [PUBLIC_KEY, { ...PUBLIC_KEY, d: 'AA' }] } }],
  ['no keys in a set', { ...BASIC, jwks: { keys: [] } }],
  ['a key that is a text', { ...BASIC, jwks: { keys: ['x'] } }],
  ['21 keys', { ...BASIC, jwks: { keys: Array.from({ length: 21 }, () => PUBLIC_KEY) } }],
  ['a list', [BASIC]],
  ['a text', 'x'],
  ['null', null],
])('refuses a document with %s', (_, document) => {
  expect(readClientDocument(document, CONTEXT)).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^[\w ’-]+$/),
  });
});
