import type { Credentials } from './credentials';
import type { GatewayError } from './gateway-error';
import type { VaultRecordSource } from './ports';
import type { RenderedCredential } from './render-credential';
import { replayed } from './replayed';
import { ok, type Result } from './result';
import type { Answered, Attempt, Send } from './serve-mcp';

/** The records as if the candidates of rotations were in use, and no other key were there. */
export function candidateRecords(records: VaultRecordSource): VaultRecordSource {
  return {
    async read(recordId, deadlineMs) {
      const found = await records.read(recordId, deadlineMs);
      if (!found.ok) return found;
      const secretVersionId = found.value?.candidateVersionId;
      return ok(found.value && secretVersionId ? { ...found.value, secretVersionId } : undefined);
    },
  };
}

/**
 * What becomes of a call whose key the upstream has refused: the key is read anew, and tried if it is another one now; then
 * the candidate, if a rotation is under way. So neither a key replaced a moment ago nor one ended at the platform before its
 * rotation was confirmed costs a failed call.
 */
export class RefusedKeys {
  readonly #current: Credentials;
  readonly #candidates: Credentials;

  constructor(current: Credentials, candidates: Credentials) {
    this.#current = current;
    this.#candidates = candidates;
  }

  async serve(
    refused: Answered,
    attempt: Attempt,
    send: Send,
    deadlineMs: number,
  ): Promise<Result<Answered, GatewayError>> {
    let last = refused;
    for (const credential of await this.#others(attempt, deadlineMs)) {
      if (last.answer.status !== 401) break;
      if (last.credential !== undefined && isSame(credential, last.credential)) continue;
      last.answer.body.destroy();
      const answered = await send(attempt, { get: () => ok(credential) });
      if (!answered.ok) return answered;
      last = replayed(last, answered.value);
    }
    return ok(last);
  }

  /** The candidate is read first: one that is confirmed between the two reads is found by the second. */
  async #others({ upstream }: Attempt, deadlineMs: number): Promise<readonly RenderedCredential[]> {
    const provider = upstream.credential?.provider ?? '';
    const candidate = await this.#candidates.get(upstream, deadlineMs);
    this.#current.invalidate(provider);
    const current = await this.#current.get(upstream, deadlineMs);
    if (!current.ok) return [];
    return [current, candidate].flatMap((found) => (found.ok && found.value ? found.value : []));
  }
}

/** By what would be sent: the same key under another version would be refused again. */
function isSame(a: RenderedCredential, b: RenderedCredential): boolean {
  return JSON.stringify(a.headers) === JSON.stringify(b.headers);
}
