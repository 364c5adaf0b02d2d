import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IdentityProviderConfig } from '../../lambda/config/gateway-config';
import { AuthMode, ClientAuthentication, IdentityProvider } from '../../lib';
import { codeOf, synthesise } from '../helpers/gateway-stack';

const TENANT = '11111111-2222-3333-4444-555555555555';
const clientId = 'gateway';

/** The provider as the functions are told. */
function configOf(identityProvider: IdentityProvider): IdentityProviderConfig {
  const made = synthesise({ auth: AuthMode.oauth21Pkce({ identityProvider }) });
  const config = JSON.parse(readFileSync(join(codeOf(made, 'GatewayAuthz'), 'gateway.json'), 'utf8'));
  return config.authorizationServer.identityProvider;
}

const PLAIN: IdentityProviderConfig = {
  issuer: 'https://login.example.com',
  clientId,
  clientAuthentication: 'client_secret_basic',
  scopes: ['openid', 'profile', 'email'],
  authorizationParameters: {},
  idTokenAlgorithms: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  subjectClaim: 'sub',
  groupsClaim: 'groups',
  allowed: {},
  administratorGroups: [],
};

const cases: [string, IdentityProvider, Partial<IdentityProviderConfig>][] = [
  ['any OpenID provider', IdentityProvider.oidc({ issuer: 'https://login.example.com', clientId }), {}],
  [
    'a Cognito user pool by its id, which names its region',
    IdentityProvider.cognito({ userPoolId: 'eu-west-1_AbCdEfGhI', clientId }),
    {
      issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI',
      groupsClaim: 'cognito:groups',
    },
  ],
  [
    'Entra: people by oid, of one directory, the secret in the body',
    IdentityProvider.entra({ tenantId: TENANT, clientId }),
    {
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      clientAuthentication: 'client_secret_post',
      subjectClaim: 'oid',
      allowed: { tenants: { claim: 'tid', values: [TENANT] } },
    },
  ],
  [
    'an Okta organisation, which sends groups for a scope',
    IdentityProvider.okta({ domain: 'example.okta.com', clientId }),
    { issuer: 'https://example.okta.com', scopes: ['openid', 'profile', 'email', 'groups'] },
  ],
  [
    'an authorization server of an Okta organisation, which refuses scopes it does not know',
    IdentityProvider.okta({ domain: 'example.okta.com', authorizationServer: 'default', clientId }),
    { issuer: 'https://example.okta.com/oauth2/default' },
  ],
  [
    'Google: one Workspace domain, by the claim that proves it',
    IdentityProvider.google({ hostedDomain: 'example.com', clientId }),
    {
      issuer: 'https://accounts.google.com',
      clientAuthentication: 'client_secret_post',
      authorizationParameters: { hd: 'example.com' },
      allowed: { tenants: { claim: 'hd', values: ['example.com'] } },
    },
  ],
  [
    'Auth0, whose issuer ends in a slash',
    IdentityProvider.auth0({ domain: 'example.eu.auth0.com', clientId }),
    { issuer: 'https://example.eu.auth0.com/', clientAuthentication: 'client_secret_post' },
  ],
  [
    'a Keycloak realm',
    IdentityProvider.keycloak({ url: 'https://login.example.com/auth/', realm: 'My company', clientId }),
    {
      issuer: 'https://login.example.com/auth/realms/My%20company',
      clientAuthentication: 'client_secret_post',
    },
  ],
];

test.each(cases)('%s', (_, provider, differences) => {
  expect(configOf(provider)).toEqual({ ...PLAIN, ...differences });
});

test('what is given goes before what a preset says', () => {
  const provider = IdentityProvider.okta({
    domain: 'example.okta.com',
    clientId,
    clientAuthentication: ClientAuthentication.secretPost(),
    scopes: ['openid'],
    groupsClaim: 'roles',
    authorizationParameters: { prompt: 'login' },
  });
  expect(configOf(provider)).toMatchObject({
    clientAuthentication: 'client_secret_post',
    scopes: ['openid'],
    groupsClaim: 'roles',
    authorizationParameters: { prompt: 'login' },
  });
});

test('no option of a preset opens what the preset closes', () => {
  const google = IdentityProvider.google({
    hostedDomain: 'example.com',
    clientId,
    authorizationParameters: { hd: '*', prompt: 'select_account' },
  });
  expect(configOf(google)).toMatchObject({
    authorizationParameters: { hd: '*', prompt: 'select_account' },
    allowed: { tenants: { claim: 'hd', values: ['example.com'] } },
  });
});

test('who may sign in is the gateway’s to say, beside what the preset pins', () => {
  const made = synthesise({
    auth: AuthMode.oauth21Pkce({
      identityProvider: IdentityProvider.entra({ tenantId: TENANT, clientId }),
      allowedGroups: ['engineering'],
      administratorGroups: ['platform'],
    }),
  });
  const config = JSON.parse(readFileSync(join(codeOf(made, 'GatewayAuthz'), 'gateway.json'), 'utf8'));
  expect(config.authorizationServer.identityProvider).toMatchObject({
    allowed: { groups: ['engineering'], tenants: { claim: 'tid', values: [TENANT] } },
    administratorGroups: ['platform'],
  });
});
