import { clientKeySet, clientMetadataDocument } from '../../../../../lambda/core/connections/client-metadata';

const OPTIONS = { gatewayUrl: 'https://mcp.example.com', clientName: 'Acme tools', providers: ['linear', 'notion'] };
const COMMON = {
  client_name: 'Acme tools',
  client_uri: 'https://mcp.example.com',
  application_type: 'web',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['https://mcp.example.com/callback/linear', 'https://mcp.example.com/callback/notion'],
};

test('the document names itself, its callbacks and its keys', () => {
  expect(clientMetadataDocument(OPTIONS, 'private_key_jwt')).toEqual({
    ...COMMON,
    client_id: 'https://mcp.example.com/oauth/client.json',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks_uri: 'https://mcp.example.com/oauth/client-keys.json',
  });
});

test('the one without a key is another client', () => {
  expect(clientMetadataDocument(OPTIONS, 'none')).toEqual({
    ...COMMON,
    client_id: 'https://mcp.example.com/oauth/public-client.json',
    token_endpoint_auth_method: 'none',
  });
});

test('the key set shows the public half, whatever else it is given', () => {
  const publicJwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'private' } as const;
  expect(clientKeySet([{ kid: 'k', publicJwk }])).toEqual({
    keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k', alg: 'ES256', use: 'sig' }],
  });
});
