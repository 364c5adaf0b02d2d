import type { SigningKeyRecord } from '../../contract/auth-record';
import type { SigningKeys } from '../../core/authz/ports';
import { loadSigningKeys, type SigningKeysDeps } from '../../core/keys/load-signing-keys';
import type { BackendFailure } from '../../core/ports';
import { RecordCache } from '../../core/record-cache';
import { ok } from '../../core/result';

/** A rotated key signs an hour after it is published, so a minute is nothing; a key in trouble is out of use after it. */
const TTL_MS = 60_000;

/** The signing keys of the auth table, read once a minute for all callers. */
export function signingKeys(deps: SigningKeysDeps): SigningKeys {
  const cache = new RecordCache<'keys', readonly SigningKeyRecord[], BackendFailure>({
    ttlMs: TTL_MS,
    maxEntries: 1,
    now: deps.now,
    load: async () => {
      const loaded = await loadSigningKeys(deps);
      return loaded.ok ? ok(loaded.value.record.keys) : loaded;
    },
  });
  return { current: async () => cache.get('keys', 0) };
}
