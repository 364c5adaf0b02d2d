import type { DoorRoute } from './door-route';
import type { ResourceFacts } from './metadata';
import { PATHS } from './paths';

/** People's own pages, where they sign in at the gateway; and where there are platforms, what connects them. */
export function connectRoutes({ authorizationServer, hasProviders }: ResourceFacts): readonly DoorRoute[] {
  if (authorizationServer === undefined) return [];
  const connect = { kind: 'function', function: 'connect', auth: 'none', stream: false } as const;
  return [
    { ...connect, method: 'GET', path: PATHS.account },
    { ...connect, method: 'POST', path: PATHS.accountRevoke },
    { ...connect, method: 'POST', path: PATHS.accountSignOut },
    ...(hasProviders ? platformRoutes(connect) : []),
  ];
}

function platformRoutes(
  connect: Omit<Extract<DoorRoute, { kind: 'function' }>, 'method' | 'path'>,
): readonly DoorRoute[] {
  return [
    { ...connect, method: 'POST', path: PATHS.accountDisconnect },
    { ...connect, method: 'GET', path: `${PATHS.connect}/{provider}` },
    { ...connect, method: 'POST', path: `${PATHS.connect}/{provider}` },
    { ...connect, method: 'GET', path: `${PATHS.callback}/{provider}` },
    // The function is its own authority there, as the vault is for keys.
    { ...connect, method: 'GET', path: PATHS.ownConnections },
    { ...connect, method: 'PUT', path: `${PATHS.ownConnections}/{provider}` },
    { ...connect, method: 'DELETE', path: `${PATHS.ownConnections}/{provider}` },
    // What other authorization servers fetch to know the gateway as their client.
    { ...connect, method: 'GET', path: PATHS.clientMetadata },
    { ...connect, method: 'GET', path: PATHS.publicClientMetadata },
    { ...connect, method: 'GET', path: PATHS.clientKeys },
  ];
}
