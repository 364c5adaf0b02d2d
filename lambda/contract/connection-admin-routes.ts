import type { DoorRoute } from './door-route';
import { PATHS } from './paths';

/** What administrators do about people's connections, where there are platforms. `/switches/{kind}` is there already. */
export function connectionAdminRoutes({
  hasProviders = false,
}: {
  readonly hasProviders?: boolean | undefined;
}): readonly DoorRoute[] {
  if (!hasProviders) return [];
  const grants = { kind: 'function', function: 'grants', auth: 'iam', stream: false } as const;
  return [
    { ...grants, method: 'GET', path: PATHS.connections },
    { ...grants, method: 'DELETE', path: `${PATHS.connections}/{subject}` },
    { ...grants, method: 'DELETE', path: `${PATHS.connections}/{subject}/{provider}` },
    {
      kind: 'function',
      function: 'vault',
      auth: 'iam',
      stream: false,
      method: 'PUT',
      path: `${PATHS.vaultClients}/{provider}`,
    },
  ];
}
