import type { ConnectionView } from '../sdk/index';

/** Whose account it is, as the platform names it. */
export function accountOf(connection: ConnectionView | undefined): string {
  const { name, id = '', workspaceName, workspaceId } = connection?.account ?? {};
  const workspace = workspaceName ?? workspaceId;
  return `${name ?? id}${workspace === undefined ? '' : ` (${workspace})`}`;
}

export function stateOf(connection: ConnectionView | undefined): string {
  if (connection === undefined) return 'not connected';
  return connection.status === 'active' ? 'connected' : 'connect again';
}
