import { connectRoutes } from '../../../../lambda/contract/connect-routes';
import { metadataDocuments, type ResourceFacts } from '../../../../lambda/contract/metadata';

const FACTS: ResourceFacts = {
  gatewayUrl: 'https://mcp.acme.example',
  issuer: 'https://mcp.acme.example',
  scopes: ['mcp:tools'],
  upstreamNames: ['shop'],
  authorizationServer: {
    dynamicRegistration: false,
    clientIdMetadata: true,
    clientCredentials: false,
    identityAssertions: false,
  },
};
const ACCOUNT = ['GET /account', 'POST /account/revoke', 'POST /account/sign-out'];
const named = (facts: ResourceFacts) => connectRoutes(facts).map(({ method, path }) => `${method} ${path}`);
const vaultScopes = (facts: ResourceFacts) =>
  metadataDocuments(facts)['/.well-known/oauth-protected-resource/vault/v1']?.scopes_supported;

test('without sign-in at the gateway there are no pages', () => {
  const { authorizationServer: _, ...external } = FACTS;
  expect(named({ ...external, hasProviders: true })).toEqual([]);
});

test('without platforms there is the account page alone', () => {
  expect(named(FACTS)).toEqual(ACCOUNT);
  expect(vaultScopes(FACTS)).toEqual(['vault:manage']);
});

test('with platforms there is what connects them, and a scope for one’s own', () => {
  const facts = { ...FACTS, hasProviders: true };
  expect(named(facts)).toEqual([
    ...ACCOUNT,
    'POST /account/disconnect',
    'GET /connect/{provider}',
    'POST /connect/{provider}',
    'GET /callback/{provider}',
    'GET /vault/v1/connections',
    'PUT /vault/v1/connections/{provider}',
    'DELETE /vault/v1/connections/{provider}',
    'GET /oauth/client.json',
    'GET /oauth/public-client.json',
    'GET /oauth/client-keys.json',
  ]);
  expect(vaultScopes(facts)).toEqual(['vault:manage', 'connections:manage']);
});
