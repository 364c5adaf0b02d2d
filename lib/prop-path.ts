/** Places in the configuration that are another prop: the first that fits counts. */
const MOVED: readonly (readonly [RegExp, string])[] = [
  [/^authorizationServer\.identityProvider\.allowed\.groups/, 'auth.allowedGroups'],
  [/^authorizationServer\.identityProvider\.allowed\.domains/, 'auth.allowedDomains'],
  [/^authorizationServer\.identityProvider\.allowed\.tenants/, 'auth.identityProvider.allowedTenants'],
  [/^authorizationServer\.identityProvider\.administratorGroups/, 'auth.administratorGroups'],
  [/^authorizationServer\.(clients\[\d+\])\.jwks/, 'auth.$1'],
  [/^authorizationServer\./, 'auth.'],
];

/** Configuration fields whose prop is called otherwise. */
const PROP_NAMES: Readonly<Record<string, string>> = {
  cacheTtlMs: 'cacheTtl',
  tokenTypes: 'acceptedTokenTypes',
  clockToleranceSeconds: 'clockTolerance',
  connectTimeoutMs: 'connectTimeout',
  idleTimeoutMs: 'idleTimeout',
  totalTimeoutMs: 'timeout',
  accessTokenSeconds: 'accessTokenLifetime',
  grantIdleSeconds: 'grantIdleTimeout',
  grantMaxSeconds: 'grantLifetime',
  refreshGraceSeconds: 'refreshTokenGrace',
  signingKeyRotationDays: 'signingKeyRotation',
  unusedDays: 'unusedClientsExpireAfter',
};

/** The prop that a place in the configuration was made from. */
export function propPath(path: string, isOwnIssuer: boolean): string {
  const [pattern, place] = MOVED.find(([found]) => found.test(path)) ?? [];
  const moved = pattern && place !== undefined ? path.replace(pattern, place) : path;
  const named = moved.replace(/[A-Za-z]+/g, (name) => PROP_NAMES[name] ?? name);
  return isOwnIssuer ? named.replace(/^auth\.requiredScopes/, 'auth.scopes') : named;
}
