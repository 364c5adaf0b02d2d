import {
  type AuthConfig,
  type AuthorizationServerConfig,
  CONFIG_DEFAULTS,
  type GatewayConfig,
  type IdentityProviderConfig,
  type KeyRotationConfig,
  type ProviderConfig,
  type UpstreamConfig,
} from '../lambda/config/gateway-config';
import { formatProblems, parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import type { AuthorizationServerFacts } from '../lambda/contract/authorization-server';
import type { ResourceFacts } from '../lambda/contract/metadata';
import { PATHS } from '../lambda/contract/paths';

type Timeouts = 'connectTimeoutMs' | 'idleTimeoutMs' | 'totalTimeoutMs';

/** What of a local gateway is configuration. What is not given is as in a deployed one. */
export interface LocalConfigOptions {
  readonly upstreams: readonly (Omit<UpstreamConfig, Timeouts> & Partial<Pick<UpstreamConfig, Timeouts>>)[];
  /** Makes the gateway its own authorization server. */
  readonly signIn?: LocalSignIn;
  /** Platforms people connect their accounts of. */
  readonly connections?: readonly LocalConnection[];
  /** Operator keys that are replaced by their platform's API, by RotateSecret of the embedded AWS. */
  readonly keyRotations?: readonly KeyRotationConfig[];
  /** @default 1000 */
  readonly cacheTtlMs?: number;
  readonly auth?: Partial<AuthConfig>;
  readonly allowedOrigins?: readonly string[];
}

/** Sign-in at an identity provider on loopback. What is not given is as in a deployed gateway. */
export interface LocalSignIn extends Partial<Omit<AuthorizationServerConfig, 'identityProvider'>> {
  readonly identityProvider: Partial<IdentityProviderConfig> & Pick<IdentityProviderConfig, 'issuer' | 'clientId'>;
  readonly clientSecret?: string;
  /** The rest of the internet, as far as a client id metadata document is looked for in it: address -> document. */
  readonly documents?: Readonly<Record<string, unknown>>;
}

/** A platform, and the secret of the gateway's client there; a demo platform is one. */
export interface LocalConnection {
  readonly provider: ProviderConfig;
  readonly clientSecret?: string | undefined;
}

/** What the construct would stage. @throws with all that is wrong with it */
export function localConfig(options: LocalConfigOptions, issuer: string): GatewayConfig {
  const { signIn, connections } = options;
  const parsed = parseGatewayConfig({
    formatVersion: 1,
    auth: {
      issuer,
      ...(signIn === undefined ? {} : { jwksUri: issuer + PATHS.jwks }),
      algorithms: signIn === undefined ? CONFIG_DEFAULTS.algorithms : ['ES256'],
      tokenTypes: CONFIG_DEFAULTS.tokenTypes,
      requiredScopes: ['mcp:tools'],
      clockToleranceSeconds: CONFIG_DEFAULTS.clockToleranceSeconds,
      ...options.auth,
    },
    ...(signIn === undefined ? {} : { authorizationServer: authorizationServer(signIn) }),
    ...(connections === undefined ? {} : { providers: connections.map(({ provider }) => provider) }),
    ...(options.keyRotations === undefined ? {} : { keyRotations: options.keyRotations }),
    upstreams: options.upstreams.map((upstream) => ({
      connectTimeoutMs: CONFIG_DEFAULTS.connectTimeoutMs,
      idleTimeoutMs: CONFIG_DEFAULTS.idleTimeoutMs,
      totalTimeoutMs: CONFIG_DEFAULTS.totalTimeoutMs,
      ...upstream,
    })),
    cacheTtlMs: options.cacheTtlMs ?? CONFIG_DEFAULTS.cacheTtlMs,
    allowedOrigins: options.allowedOrigins ?? [],
  });
  if ('problems' in parsed) throw new Error(formatProblems(parsed.problems));
  return parsed.config;
}

function authorizationServer({ documents, clientSecret, ...config }: LocalSignIn): object {
  const clientAuthentication = clientSecret === undefined ? 'none' : 'client_secret_basic';
  return { ...config, identityProvider: { clientAuthentication, ...config.identityProvider } };
}

/** What the front door makes its routes and documents of. */
export function resourceFacts(url: string, config: GatewayConfig): ResourceFacts {
  const { auth, upstreams, allowedOrigins, authorizationServer, providers = [] } = config;
  return {
    gatewayUrl: url,
    issuer: auth.issuer,
    scopes: auth.requiredScopes,
    upstreamNames: upstreams.map((upstream) => upstream.name),
    allowedOrigin: allowedOrigins[0],
    authorizationServer: authorizationServer && authorizationServerFacts(authorizationServer),
    hasProviders: providers.length > 0,
  };
}

function authorizationServerFacts(config: AuthorizationServerConfig): AuthorizationServerFacts {
  return {
    dynamicRegistration: config.dynamicRegistration.enabled,
    clientIdMetadata: config.clientIdMetadata.enabled,
    clientCredentials: config.clients.some(({ grantTypes }) => grantTypes.includes('client_credentials')),
    identityAssertions: config.assertionIssuers.length > 0,
  };
}
