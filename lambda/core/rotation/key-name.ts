import { createHash } from 'node:crypto';

/**
 * Names of the keys a gateway makes at a platform: whose they are and of which version, so that what a dead function left is
 * found, and nobody else's key is taken for it. Opaque, because everybody with the account sees them.
 */
export function keyNames(gatewayId: string, provider: string) {
  const digest = createHash('sha256')
    .update(JSON.stringify([gatewayId, provider]))
    .digest('hex');
  const prefix = `mcp-gateway ${digest.slice(0, 16)} `;
  return {
    nameOf: (token: string): string => prefix + token,
    /** The version a key of this name was made for; `undefined` for a key of anybody else. */
    tokenOf: (name: string): string | undefined => (name.startsWith(prefix) ? name.slice(prefix.length) : undefined),
  };
}
