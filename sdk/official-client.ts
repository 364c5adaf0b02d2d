import { optionalPackage } from './optional-package';

export type OfficialClient = typeof import('@modelcontextprotocol/client');

/** The official MCP client, which has the OAuth steps as well. */
export function officialClient(purpose: string): Promise<OfficialClient> {
  return optionalPackage('@modelcontextprotocol/client', () => import('@modelcontextprotocol/client'), purpose);
}
