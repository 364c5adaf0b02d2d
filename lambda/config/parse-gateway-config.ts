import { LIMITS } from '../contract/front-door';
import { type CredentialUse, checkConnections } from './check-connections';
import { type ConfigProblem, Field } from './field';
import {
  AUTHORIZATION_SERVER_DEFAULTS,
  type AuthConfig,
  CONFIG_DEFAULTS,
  type GatewayConfig,
  type UpstreamConfig,
} from './gateway-config';
import { readAuthorizationServer } from './read-authorization-server';
import { readCredential, readName } from './read-credential';
import { checkKeyRotations, readKeyRotation } from './read-key-rotation';
import { readList } from './read-list';
import { readProviders } from './read-provider';
import { readAlgorithm, readOwnScope, readScope } from './read-token-rules';
import { readOrigin, readUrl } from './read-url';
import { templateParts } from './template-parts';

export type { ConfigProblem } from './field';
export { formatProblems } from './format-problems';

/** API Gateway allows 300 resources per API; each upstream takes one. */
const MOST_UPSTREAMS = 100;
/** The API answers pages by fixed headers, which name one origin. */
const MOST_ORIGINS = 1;
const MOST_ENTRIES = 50;
/** Lambda's 15 minutes, less a second to end the answer in. */
const LONGEST_CALL_MS = LIMITS.streamTotalMs - 1000;
const LONGEST_CONNECT_MS = 60_000;
const LONGEST_CACHE_MS = 300_000;
const LONGEST_CLOCK_TOLERANCE_S = 60;

const TOKEN_TYPE = /^(?!application\/)[a-z0-9][a-z0-9.+-]{0,63}$/;

/** Checks a configuration and fills in the defaults. Reports every problem at once, and never throws. */
export function parseGatewayConfig(
  input: unknown,
): { readonly config: GatewayConfig } | { readonly problems: readonly ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const config = readConfig(new Field('', input, problems));
  return problems.length === 0 ? { config } : { problems };
}

function readConfig(field: Field): GatewayConfig {
  const fields = field.members([
    'formatVersion',
    'auth',
    'authorizationServer',
    'upstreams',
    'providers',
    'keyRotations',
    'cacheTtlMs',
    'allowedOrigins',
  ]);
  const { formatVersion, auth, authorizationServer, upstreams, providers, keyRotations, cacheTtlMs, allowedOrigins } =
    fields;
  if (!formatVersion.absent && formatVersion.value !== 1) {
    formatVersion.refuse('is not a version this build reads', 'deploy construct and functions of the same release');
  }
  const parts = {
    auth: readAuth(auth, !authorizationServer.absent),
    ...(authorizationServer.absent ? {} : { authorizationServer: readAuthorizationServer(authorizationServer) }),
  };
  const { upstreams: read, uses } = readUpstreams(upstreams);
  const connectable = providers.absent ? [] : readProviders(providers);
  if (connectable.length > 0 && authorizationServer.absent) {
    // Another issuer's subject is not known to be the person before the browser.
    providers.refuse(
      'need people to sign in at the gateway',
      'add authorizationServer',
      `(list of ${connectable.length})`,
    );
  }
  checkConnections(uses, connectable);
  const rotations = keyRotations.absent
    ? []
    : keyRotations.items(0, MOST_UPSTREAMS).map((item) => ({ rotation: readKeyRotation(item), field: item }));
  checkKeyRotations(rotations, read);
  return {
    formatVersion: 1,
    ...parts,
    upstreams: read,
    ...(providers.absent ? {} : { providers: connectable.map(({ provider }) => provider) }),
    ...(keyRotations.absent ? {} : { keyRotations: rotations.map(({ rotation }) => rotation) }),
    cacheTtlMs: cacheTtlMs.integer(0, LONGEST_CACHE_MS, 'milliseconds', CONFIG_DEFAULTS.cacheTtlMs),
    allowedOrigins: readList(allowedOrigins, [], [0, MOST_ORIGINS], readOrigin),
  };
}

function readAuth(field: Field, isOwnIssuer: boolean): AuthConfig {
  const fields = field.members([
    'issuer',
    'jwksUri',
    'algorithms',
    'tokenTypes',
    'requiredScopes',
    'clockToleranceSeconds',
  ]);
  return {
    // RFC 8414 §2: an issuer has neither query nor fragment.
    issuer: readUrl(fields.issuer, { query: false }),
    ...(fields.jwksUri.absent ? {} : { jwksUri: readUrl(fields.jwksUri, { query: true }) }),
    algorithms: readList(fields.algorithms, CONFIG_DEFAULTS.algorithms, [1, MOST_ENTRIES], readAlgorithm),
    tokenTypes: readList(fields.tokenTypes, CONFIG_DEFAULTS.tokenTypes, [1, MOST_ENTRIES], (entry) =>
      entry.text(TOKEN_TYPE, 'is not a token type', 'write it in lower case without application/, such as at+jwt'),
    ),
    requiredScopes: isOwnIssuer
      ? readList(fields.requiredScopes, AUTHORIZATION_SERVER_DEFAULTS.scopes, [1, MOST_ENTRIES], readOwnScope)
      : readList(fields.requiredScopes, [], [0, MOST_ENTRIES], readScope),
    clockToleranceSeconds: fields.clockToleranceSeconds.integer(
      0,
      LONGEST_CLOCK_TOLERANCE_S,
      'seconds',
      CONFIG_DEFAULTS.clockToleranceSeconds,
    ),
  };
}

function readUpstreams(field: Field): {
  readonly upstreams: readonly UpstreamConfig[];
  readonly uses: readonly CredentialUse[];
} {
  const names = new Set<string>();
  const partsOf = new Map<string, string>();
  const uses: CredentialUse[] = [];
  const upstreams = field.items(1, MOST_UPSTREAMS).map((item) => {
    const { upstream, nameField, credentialField } = readUpstream(item);
    if (names.has(upstream.name)) nameField.refuse('is used twice', 'give every upstream a name of its own');
    if (upstream.name) names.add(upstream.name);
    const { credential } = upstream;
    if (credential) uses.push({ upstream, credential, field: credentialField });
    if (credential && credential.owner !== 'person') {
      const { provider } = credential;
      const parts = [...templateParts(credential)].sort().join(', ');
      const before = partsOf.get(provider);
      if (before !== undefined && before !== parts) {
        credentialField.refuse(
          `uses the key of ${provider} with the parts ${parts || 'none'}, another upstream with ${before || 'none'}`,
          'use the same parts, or another provider name for one of them',
          '(credential)',
        );
      }
      if (before === undefined) partsOf.set(provider, parts);
    }
    return upstream;
  });
  return { upstreams, uses };
}

function readUpstream(field: Field): { upstream: UpstreamConfig; nameField: Field; credentialField: Field } {
  const fields = field.members(['name', 'url', 'credential', 'connectTimeoutMs', 'idleTimeoutMs', 'totalTimeoutMs']);
  const totalTimeoutMs = fields.totalTimeoutMs.integer(
    1,
    LONGEST_CALL_MS,
    'milliseconds',
    CONFIG_DEFAULTS.totalTimeoutMs,
  );
  const within = (value: number) => Math.min(value, totalTimeoutMs);
  const connectTimeoutMs = fields.connectTimeoutMs.integer(
    1,
    LONGEST_CONNECT_MS,
    'milliseconds',
    within(CONFIG_DEFAULTS.connectTimeoutMs),
  );
  if (connectTimeoutMs > totalTimeoutMs) {
    fields.connectTimeoutMs.refuse(
      `is longer than the whole call may take (${totalTimeoutMs} ms)`,
      'make it shorter, or the time for the whole call longer',
    );
  }
  const upstream: UpstreamConfig = {
    name: readName(fields.name),
    url: readUrl(fields.url, { query: true }),
    ...(fields.credential.absent ? {} : { credential: readCredential(fields.credential) }),
    connectTimeoutMs,
    idleTimeoutMs: fields.idleTimeoutMs.integer(
      1,
      LIMITS.streamIdleMs,
      'milliseconds',
      within(CONFIG_DEFAULTS.idleTimeoutMs),
    ),
    totalTimeoutMs,
  };
  return { upstream, nameField: fields.name, credentialField: fields.credential };
}
