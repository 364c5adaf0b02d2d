import { createHash } from 'node:crypto';
import type { BackendFailure, SecretSource } from '../../core/ports';
import { RecordCache } from '../../core/record-cache';
import { ok, type Result } from '../../core/result';

const BUDGET_MS = 3_000;
/** A replaced secret, which ends every refresh token, is in force everywhere after this. */
const TTL_MS = 5 * 60_000;

/** The key that authenticates refresh tokens, derived from the random text CloudFormation generated. */
export function tokenKey(
  secrets: SecretSource,
  secretId: string,
  now: () => number,
): () => Promise<Result<Uint8Array, BackendFailure>> {
  const cache = new RecordCache<'key', Uint8Array, BackendFailure>({
    ttlMs: TTL_MS,
    maxEntries: 1,
    now,
    load: async (_key, previous, deadlineMs) => {
      const text = await secrets.fetch(secretId, undefined, deadlineMs);
      if (text.ok) return ok(createHash('sha256').update(`mcp-refresh-token\0${text.value}`).digest());
      // Busy is not replaced: nobody is signed out because Secrets Manager is.
      const isPassing = text.error.kind === 'throttled' || text.error.kind === 'unavailable';
      return isPassing && previous !== undefined ? ok(previous) : text;
    },
  });
  return async () => cache.get('key', now() + BUDGET_MS);
}
