import type { GrantProblem, GrantState } from './grant-state';
import { grantProblem } from './grant-state';
import type { BackendFailure } from './ports';
import { RecordCache } from './record-cache';
import { err, ok, type Result } from './result';

/** Which grant a token was made under. */
export interface GrantName {
  readonly subject: string;
  readonly grantId: string;
  readonly clientId: string;
}

/** A token's own word for its grant; one that says nothing of it is none of ours. */
type Named = { readonly [K in keyof GrantName]: GrantName[K] | undefined };

/** A grant and the switches over it, in one strongly consistent round trip. */
export interface GrantStateSource {
  read(name: GrantName, deadlineMs: number): Promise<Result<GrantState, BackendFailure>>;
}

export interface LiveGrantsOptions {
  readonly cacheTtlMs: number;
  readonly now: () => number;
  readonly states: GrantStateSource;
}

/** As many people and agents as one instance sees within a second; the bound keeps a flood from filling the memory. */
const MAX_ENTRIES = 10_000;

/**
 * Whether a token's grant is still alive: what a signature cannot say. Every answer rests on a read that began at most
 * `cacheTtlMs` ago; if none can be had, the grant does not count (fail closed).
 */
export class LiveGrants {
  readonly #cache: RecordCache<string, GrantState, BackendFailure>;

  readonly #now: () => number;

  constructor({ cacheTtlMs, now, states }: LiveGrantsOptions) {
    this.#now = now;
    this.#cache = new RecordCache({
      ttlMs: cacheTtlMs,
      maxEntries: MAX_ENTRIES,
      now,
      load: (key, _previous, deadlineMs) => states.read(JSON.parse(key) as GrantName, deadlineMs),
    });
  }

  async check(
    { subject, grantId, clientId }: Named,
    deadlineMs: number,
  ): Promise<Result<void, GrantProblem | BackendFailure>> {
    if (!subject || !grantId || !clientId) return err('unknown');
    const name: GrantName = { subject, grantId, clientId };
    const state = await this.#cache.get(JSON.stringify(name), deadlineMs);
    if (!state.ok) return state;
    // Another client's grant is none of this token's, whoever signed it.
    const isOwn = state.value.grant?.client?.clientId === clientId;
    const problem = isOwn ? grantProblem(state.value, this.#now()) : 'unknown';
    return problem === undefined ? ok(undefined) : err(problem);
  }
}
