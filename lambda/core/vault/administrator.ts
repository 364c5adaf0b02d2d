import { VAULT_SCOPE } from '../../contract/vault-api';
import { err, ok, type Result } from '../result';
import { type TokenHolderDeps, tokenHolder } from './token-holder';
import type { VaultRefusal } from './vault-refusal';

export type AdministratorDeps = TokenHolderDeps;

/** The administrator an access token speaks for, as the log and the records name them. */
export async function administratorOf(
  authorization: string | undefined,
  deps: AdministratorDeps,
): Promise<Result<string, VaultRefusal>> {
  const holder = await tokenHolder(authorization, deps);
  if (!holder.ok) return holder;
  const { person, scopes } = holder.value;
  if (!scopes.includes(VAULT_SCOPE) || !person.isAdministrator) {
    return err({ code: 'insufficient_rights', cause: 'no administrator' });
  }
  return ok(`${person.displayName} (${person.subject})`);
}
