/** URL paths of the gateway. Shared by the construct, the functions, the SDK and the local front door. */
export const PATHS = {
  mcp: '/mcp',
  protectedResourceMetadata: '/.well-known/oauth-protected-resource',
  vaultKeys: '/vault/keys',
} as const;

/** What an endpoint, a provider and a secret part may be called: they appear in URLs, metrics and policies. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/** `/mcp/<name>`: the path of the endpoint that exposes one upstream. */
export function endpointPath(upstreamName: string): string {
  return `${PATHS.mcp}/${upstreamName}`;
}
