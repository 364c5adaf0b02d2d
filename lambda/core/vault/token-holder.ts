import type { PersonRecord } from '../../contract/auth-record';
import { bearerToken, type TokenVerifier } from '../authenticate';
import { grantProblem } from '../grant-state';
import type { GrantStateSource } from '../live-grants';
import { err, ok, type Result } from '../result';
import type { VaultRefusal } from './vault-refusal';

export interface TokenHolderDeps {
  readonly tokens: TokenVerifier;
  readonly states: GrantStateSource;
  /** The vault's own resource: a token for anything else, or for more than it, is none. */
  readonly audience: string;
  readonly now: () => number;
}

/** Who a token of the vault speaks for, and what it allows. */
export interface TokenHolder {
  readonly person: PersonRecord;
  readonly scopes: readonly string[];
}

const BUDGET_MS = 3_000;

/**
 * The person an access token for the vault speaks for.
 *
 * The grant is read each time, without a cache: keys are managed rarely, and who lost the right has lost it at once.
 */
export async function tokenHolder(
  authorization: string | undefined,
  { tokens, states, audience, now }: TokenHolderDeps,
): Promise<Result<TokenHolder, VaultRefusal>> {
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
  return ok({ person: grant.person, scopes });
}
