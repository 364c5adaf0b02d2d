import { VAULT_SCOPE } from '../../contract/vault-api';
import { bearerToken, type TokenVerifier } from '../authenticate';
import { grantProblem } from '../grant-state';
import type { GrantStateSource } from '../live-grants';
import { err, ok, type Result } from '../result';
import type { VaultRefusal } from './vault-refusal';

export interface AdministratorDeps {
  readonly tokens: TokenVerifier;
  readonly states: GrantStateSource;
  /** The vault's own resource: a token for anything else, or for more than it, is none. */
  readonly audience: string;
  readonly now: () => number;
}

const BUDGET_MS = 3_000;

/**
 * The administrator an access token speaks for, as the log and the records name them.
 *
 * The grant is read each time, without a cache: keys are managed rarely, and who lost the right has lost it at once.
 */
export async function administratorOf(
  authorization: string | undefined,
  { tokens, states, audience, now }: AdministratorDeps,
): Promise<Result<string, VaultRefusal>> {
  const refuse = (cause: string) => err({ code: 'unauthorized', cause } as const);
  const token = bearerToken(authorization);
  if (token === undefined) return refuse('no token');
  const verified = await tokens.verify(token);
  if (!verified.ok) return refuse(verified.error);
  const { audiences, scopes, subject, clientId, grantId } = verified.value;
  if (audiences.length !== 1 || audiences[0] !== audience) return refuse('wrong_audience');
  if (clientId === undefined || grantId === undefined) return refuse('no grant');
  const state = await states.read({ subject, clientId, grantId }, now() + BUDGET_MS);
  if (!state.ok) return err({ code: 'backend', failure: state.error });
  const { grant } = state.value;
  const problem = grantProblem(state.value, now());
  if (grant === undefined || problem !== undefined || grant.client.clientId !== clientId) {
    return refuse(`grant ${problem ?? 'of another client'}`);
  }
  if (!scopes.includes(VAULT_SCOPE) || !grant.person.isAdministrator) {
    return err({ code: 'insufficient_rights', cause: 'no administrator' });
  }
  return ok(`${grant.person.displayName} (${subject})`);
}
