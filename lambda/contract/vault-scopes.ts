import { CONNECTIONS_SCOPE } from './connections-api';
import { VAULT_SCOPE } from './vault-api';

/** What a token for the vault can allow: to manage keys, and where there are platforms, one's own connections. */
export function vaultScopes(hasProviders: boolean | undefined): readonly string[] {
  return hasProviders ? [VAULT_SCOPE, CONNECTIONS_SCOPE] : [VAULT_SCOPE];
}
