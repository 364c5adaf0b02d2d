/** URL paths of the gateway. Shared by the construct, the functions, the SDK and the local front door. */
export const PATHS = {
  mcp: '/mcp',
  protectedResourceMetadata: '/.well-known/oauth-protected-resource',
  vaultKeys: '/vault/keys',
  /** The gateway's own client secrets at providers: they go in and never come out. */
  vaultClients: '/vault/clients',
  /** Keys again, for people: a bearer token of the vault's own audience instead of an AWS signature. */
  vaultOwnKeys: '/vault/v1/keys',
  /** Audience of those tokens. It is no prefix of an endpoint, and no endpoint is one of it. */
  vaultResource: '/vault/v1',
  grants: '/grants',
  switches: '/switches',
  // Clients of 2025-03-26 guess the next three at the root, so that is where they are.
  authorize: '/authorize',
  token: '/token',
  register: '/register',
  revoke: '/revoke',
  jwks: '/jwks',
  authorizationServerMetadata: '/.well-known/oauth-authorization-server',
  openidConfiguration: '/.well-known/openid-configuration',
  idpCallback: '/idp/callback',
  consent: '/consent',
  account: '/account',
  accountRevoke: '/account/revoke',
  accountSignOut: '/account/sign-out',
  /** Signs in, and leads on to a page of ours: `?continue=/connect/…`. */
  accountSignIn: '/account/sign-in',
  accountDisconnect: '/account/disconnect',
  connect: '/connect',
  /** Where providers send the browser back to. */
  callback: '/callback',
  /** A person's own connections, for programs. */
  ownConnections: '/vault/v1/connections',
  /** Everybody's connections, for administrators. */
  connections: '/connections',
  /** The gateway as a client of other authorization servers: its metadata document and keys. */
  clientMetadata: '/oauth/client.json',
  /** The same without a key, for servers that know no client with one. */
  publicClientMetadata: '/oauth/public-client.json',
  clientKeys: '/oauth/client-keys.json',
} as const;

/** What an endpoint, a provider and a secret part may be called: they appear in URLs, metrics and policies. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/** `/mcp/<name>`: the path of the endpoint that exposes one upstream. */
export function endpointPath(upstreamName: string): string {
  return `${PATHS.mcp}/${upstreamName}`;
}
