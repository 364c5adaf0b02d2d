import { authorizationServerMetadata } from './authorization-server';
import { type DoorRoute, fixedDocument } from './door-route';
import type { ResourceFacts } from './metadata';
import { PATHS } from './paths';
import { VAULT_KEY_ACTIONS } from './vault-api';

/** Sign-in, tokens and grants, where the gateway is its own issuer. */
export function authorizationServerRoutes({
  gatewayUrl,
  scopes,
  authorizationServer,
}: ResourceFacts): readonly DoorRoute[] {
  if (authorizationServer === undefined) return [];
  const metadata = authorizationServerMetadata(gatewayUrl, scopes, authorizationServer);
  const authz = { kind: 'function', function: 'authz', auth: 'none', stream: false } as const;
  // The function is its own authority there: a 401 of the API could not name the vault.
  const vault = { kind: 'function', function: 'vault', auth: 'none', stream: false } as const;
  const grants = { kind: 'function', function: 'grants', auth: 'iam', stream: false } as const;
  // What clients in browsers call; the pages of a sign-in are for nobody's script.
  const open = [PATHS.token, PATHS.revoke, ...(authorizationServer.dynamicRegistration ? [PATHS.register] : [])];
  return [
    // Both shapes of RFC 8414 are one here, the issuer having no path; some clients know OpenID's only.
    fixedDocument(PATHS.authorizationServerMetadata, metadata),
    fixedDocument(PATHS.openidConfiguration, metadata),
    { ...authz, method: 'GET', path: PATHS.jwks },
    ...open.flatMap((path): readonly DoorRoute[] => [{ ...authz, method: 'POST', path }, openPreflight(path)]),
    { ...authz, method: 'GET', path: PATHS.authorize },
    // RFC 6749 §3.1: POST may be supported too; a form too long for an address needs it.
    { ...authz, method: 'POST', path: PATHS.authorize },
    { ...authz, method: 'GET', path: PATHS.idpCallback },
    { ...authz, method: 'GET', path: PATHS.consent },
    { ...authz, method: 'POST', path: PATHS.consent },
    { ...authz, method: 'GET', path: PATHS.accountSignIn },
    { ...vault, method: 'GET', path: PATHS.vaultOwnKeys },
    { ...vault, method: 'PUT', path: `${PATHS.vaultOwnKeys}/{provider}` },
    { ...vault, method: 'DELETE', path: `${PATHS.vaultOwnKeys}/{provider}` },
    ...VAULT_KEY_ACTIONS.map((action) => ({
      ...vault,
      method: 'POST',
      path: `${PATHS.vaultOwnKeys}/{provider}/${action}`,
    })),
    { ...grants, method: 'GET', path: PATHS.grants },
    { ...grants, method: 'DELETE', path: `${PATHS.grants}/{subject}/{grantId}` },
    { ...grants, method: 'GET', path: PATHS.switches },
    { ...grants, method: 'PUT', path: `${PATHS.switches}/{kind}` },
  ];
}

/** Any page may ask for tokens: what it cannot do is send a cookie along. */
function openPreflight(path: string): DoorRoute {
  return {
    kind: 'fixed',
    method: 'OPTIONS',
    path,
    auth: 'none',
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type, Authorization, MCP-Protocol-Version',
      'Access-Control-Max-Age': '7200',
    },
    body: '',
  };
}
