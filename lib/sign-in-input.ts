import { type ConfigProblem, show } from '../lambda/config/field';
import {
  type AuthorizationServerConfig,
  AUTHORIZATION_SERVER_DEFAULTS as DEFAULTS,
} from '../lambda/config/gateway-config';
import { type AuthorizationServerFacts, GRANT_TYPES } from '../lambda/contract/authorization-server';
import { COMMAND_LINE_CLIENT } from '../lambda/contract/command-line-client';
import { ClientAuthentication } from './client-authentication';
import type { DeployTimeValues } from './deploy-time-values';
import { days, seconds } from './durations';
import type { IdentityProvider } from './identity-provider';
import type { ClientIdMetadataOptions, DynamicRegistrationOptions, Oauth21PkceOptions } from './oauth21-pkce-options';
import { withoutAbsent } from './without-absent';

const SIGN_IN_GRANT_TYPES = [GRANT_TYPES.authorizationCode, GRANT_TYPES.refreshToken];

/** `authorizationServer` of the configuration, as the parser wants it. */
export function signInInput(options: Oauth21PkceOptions, values: DeployTimeValues): object {
  return withoutAbsent({
    identityProvider: identityProviderInput(options, values),
    clients: clientsInput(options),
    clientIdMetadata: options.clientIdMetadata && clientIdMetadataInput(options.clientIdMetadata),
    dynamicRegistration: options.dynamicRegistration && dynamicRegistrationInput(options.dynamicRegistration),
    assertionIssuers: options.assertionIssuers?.map(({ issuer, jwksUri, clientIds }) =>
      withoutAbsent({ issuer: values.standIn(issuer), jwksUri: values.standIn(jwksUri), clientIds }),
    ),
    accessTokenSeconds: seconds(options.accessTokenLifetime),
    grantIdleSeconds: seconds(options.grantIdleTimeout),
    grantMaxSeconds: seconds(options.grantLifetime),
    refreshGraceSeconds: seconds(options.refreshTokenGrace),
    signingKeyRotationDays: days(options.signingKeyRotation),
    branding: options.branding && withoutAbsent({ ...options.branding }),
  });
}

function clientsInput({ clients = [], commandLineSignIn = true }: Oauth21PkceOptions): object[] {
  const { clientId, name, redirectUri } = COMMAND_LINE_CLIENT;
  const ownCommandLine = { clientId, name, redirectUris: [redirectUri], grantTypes: SIGN_IN_GRANT_TYPES };
  // Behind the others: a problem is told by the place of the client in the prop.
  return [...clients.map(({ _config: config }) => config), ...(commandLineSignIn ? [ownCommandLine] : [])];
}

/** What the metadata and the routes are made of. */
export function authorizationServerFacts(config: AuthorizationServerConfig): AuthorizationServerFacts {
  return {
    dynamicRegistration: config.dynamicRegistration.enabled,
    clientIdMetadata: config.clientIdMetadata.enabled,
    clientCredentials: config.clients.some(({ grantTypes }) => grantTypes.includes('client_credentials')),
    identityAssertions: config.assertionIssuers.length > 0,
  };
}

/** How the gateway authenticates to the provider, whichever of the two props says it. */
export function clientAuthenticationOf({ _options: options }: IdentityProvider): ClientAuthentication {
  return options.clientAuthentication ?? ClientAuthentication.secret(options.clientSecret);
}

/** What the parser cannot know: what a preset was given, and what its provider cannot do. Paths are those of props. */
export function signInProblems(options: Oauth21PkceOptions): ConfigProblem[] {
  const { identityProvider: provider, allowedGroups, administratorGroups, allowedDomains } = options;
  const { _traits: traits, _options: given } = provider;
  const problems = provider._problems.map((one) => ({ ...one, path: `auth.identityProvider.${one.path}` }));
  const add = (path: string, value: string, problem: string, fix: string) =>
    problems.push({ path: `auth.${path}`, value, problem, fix });
  if (given.clientSecret && given.clientAuthentication) {
    add(
      'identityProvider.clientSecret',
      show(given.clientSecret.node.path),
      'is given beside clientAuthentication',
      'give one of them; ClientAuthentication.secretPost(secret) takes the secret too',
    );
  }
  if (clientAuthenticationOf(provider)._method === 'private_key_jwt' && !traits.takesAssertions) {
    add(
      'identityProvider.clientAuthentication',
      '(privateKeyJwt)',
      `is not possible: ${traits.name} takes no assertion signed by ES256`,
      'use ClientAuthentication.secret()',
    );
  }
  if (!traits.sendsGroups) {
    for (const [name, groups] of Object.entries({ allowedGroups, administratorGroups })) {
      if (groups === undefined) continue;
      add(name, show(groups), `would admit nobody: ${traits.name} sends no groups`, 'remove it');
    }
  }
  if (allowedDomains !== undefined && !traits.verifiesEmail) {
    add(
      'allowedDomains',
      show(allowedDomains),
      `would admit nobody: ${traits.name} does not say whether an e-mail address is verified`,
      'remove it, and restrict by allowedGroups',
    );
  }
  return problems;
}

function identityProviderInput(options: Oauth21PkceOptions, values: DeployTimeValues): object {
  const { _options: given, _traits: traits } = options.identityProvider;
  const method = clientAuthenticationOf(options.identityProvider)._method;
  return withoutAbsent({
    issuer: values.standIn(given.issuer),
    clientId: values.textStandIn(given.clientId),
    clientAuthentication: method === 'secret' ? traits.secretMethod : method,
    scopes: given.scopes,
    authorizationParameters: given.authorizationParameters,
    idTokenAlgorithms: given.idTokenAlgorithms,
    subjectClaim: given.subjectClaim,
    groupsClaim: given.groupsClaim,
    allowed: withoutAbsent({
      groups: options.allowedGroups,
      tenants: given.allowedTenants && { ...given.allowedTenants },
      domains: options.allowedDomains,
    }),
    administratorGroups: options.administratorGroups,
  });
}

function clientIdMetadataInput({ enabled, allowedHosts, wellKnownAgents }: ClientIdMetadataOptions): object {
  return withoutAbsent({ enabled, allowedHosts: beside(DEFAULTS.clientIdHosts, allowedHosts, wellKnownAgents) });
}

function dynamicRegistrationInput(options: DynamicRegistrationOptions): object {
  const { enabled, allowedRedirectHosts, allowedPrivateSchemes, wellKnownAgents, unusedClientsExpireAfter } = options;
  return withoutAbsent({
    enabled,
    allowedRedirectHosts: beside(DEFAULTS.redirectHosts, allowedRedirectHosts, wellKnownAgents),
    allowedPrivateSchemes: beside(DEFAULTS.privateSchemes, allowedPrivateSchemes, wellKnownAgents),
    unusedDays: days(unusedClientsExpireAfter),
  });
}

/** The given ones first, so that a problem's index is that of the prop. */
function beside(wellKnown: readonly string[], given: readonly string[] = [], isOn = true): readonly string[] {
  return [...given, ...(isOn ? wellKnown.filter((one) => !given.includes(one)) : [])];
}
