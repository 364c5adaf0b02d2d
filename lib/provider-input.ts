import type {
  IdentityFacts,
  KeyRotationFacts,
  OAuthFacts,
  ProviderFacts,
  RefreshFacts,
} from '../lambda/providers/provider-facts';
import { seconds } from './durations';
import type { KeyRotationOptions, ProviderOptions } from './provider-options';
import { withoutAbsent } from './without-absent';

/** Nothing is believed of it that was not said. */
const PLAIN_OAUTH = {
  pkce: 'send',
  clientAuthentication: 'client_secret_basic',
  tokenRequestFormat: 'form',
  scopeSeparator: ' ',
  defaultScopes: [],
};
const PLAIN_REFRESH: RefreshFacts = { issued: true, rotation: 'sometimes' };

/** Facts with what the options say. As wrong as the options are: whoever reads the configuration checks it. */
export function providerFacts(base: ProviderFacts, options: ProviderOptions): ProviderFacts {
  const { keyTemplates, keyHelpUrl, keyRotation } = options;
  return {
    ...base,
    ...withoutAbsent({
      name: options.displayName,
      oauth: oauthFacts(base.oauth, options),
      apiKey:
        keyTemplates || keyHelpUrl || keyRotation
          ? {
              ...base.apiKey,
              ...withoutAbsent({ headers: keyTemplates, help: keyHelpUrl, rotation: keyRotationFacts(keyRotation) }),
            }
          : undefined,
    }),
  };
}

function keyRotationFacts(options: KeyRotationOptions | undefined): KeyRotationFacts | undefined {
  if (options === undefined) return undefined;
  const { keptMembers = {}, nameMember = 'name', listIdPath = 'id', listNamePath = 'name' } = options;
  const kept = Object.fromEntries(Object.entries(keptMembers).map(([member, path]) => [member, [path]]));
  const { createUrl, keyPath, idPath, listUrl, listPath, deleteUrl, describeUrl, describedIdPath, idPattern } = options;
  return {
    create: { url: createUrl, nameMember, kept, keyPath, idPath },
    list: { url: listUrl, itemsPath: listPath, idPath: listIdPath, namePath: listNamePath },
    remove: { url: deleteUrl },
    describe: { url: describeUrl, ...(describedIdPath === undefined ? {} : { idPath: describedIdPath }) },
    ...(idPattern === undefined ? {} : { idPattern }),
  };
}

function oauthFacts(base: OAuthFacts | undefined, options: ProviderOptions): object | undefined {
  const { pkce, jsonTokenRequests, scopeSeparator, revocationEndpoint, errorsInSuccess } = options;
  const said = withoutAbsent({
    issuer: options.issuer,
    authorizationEndpoint: options.authorizationEndpoint,
    tokenEndpoint: options.tokenEndpoint,
    refreshEndpoint: options.refreshEndpoint,
    // How far a revocation reaches is not said: so no reconnect may rest on its ending one token only.
    revocation: revocationEndpoint && {
      style: 'rfc7009',
      ends: 'grant',
      ...base?.revocation,
      endpoint: revocationEndpoint,
    },
    pkce: pkce === undefined ? undefined : pkce ? 'send' : 'omit',
    clientAuthentication: options.authentication,
    tokenRequestFormat: jsonTokenRequests === undefined ? undefined : jsonTokenRequests ? 'json' : 'form',
    scopeSeparator: scopeSeparator === '' ? 'none' : scopeSeparator,
    defaultScopes: options.defaultScopes,
    authorizationParameters: options.authorizationParameters,
    tokenParameters: options.tokenParameters,
    refreshParameters: options.refreshParameters,
    headers: options.tokenHeaders,
    response: errorsInSuccess === undefined ? undefined : { ...base?.response, errorInSuccess: errorsInSuccess },
    refresh: refreshFacts(base, options),
    identity: identityFacts(base, options),
    apiHeaders: options.tokenTemplates,
  });
  if (Object.keys(said).length === 0) return undefined;
  return { ...(base ?? { ...PLAIN_OAUTH, refresh: PLAIN_REFRESH }), ...said };
}

function refreshFacts(base: OAuthFacts | undefined, options: ProviderOptions): object | undefined {
  const said = withoutAbsent({
    issued: options.refreshTokens,
    rotation: options.refreshTokenRotation ?? (options.refreshTokens === false ? 'never' : undefined),
    idleSeconds: seconds(options.refreshTokenIdleTimeout),
    assumedAccessSeconds: seconds(options.accessTokenLifetime),
  });
  return Object.keys(said).length === 0 ? undefined : { ...(base?.refresh ?? PLAIN_REFRESH), ...said };
}

function identityFacts(base: OAuthFacts | undefined, options: ProviderOptions): Partial<IdentityFacts> | undefined {
  const said = withoutAbsent({
    endpoint: options.accountEndpoint,
    idPath: options.accountIdPath,
    namePath: options.accountNamePath,
    workspaceIdPath: options.workspaceIdPath,
    emailPath: options.emailPath,
  });
  return Object.keys(said).length === 0 ? undefined : { ...base?.identity, ...said };
}
