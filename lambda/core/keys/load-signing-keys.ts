import { AUTH_KEYS, type SigningKeysRecord } from '../../contract/auth-record';
import type { AuthStore, Lifetime, Stored } from '../authz/ports';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { PublicKeySource } from './key-ports';

export interface SigningKeysDeps {
  readonly store: AuthStore;
  readonly publicKeys: PublicKeySource;
  /** The key that came with the stack. */
  readonly firstKeyArn: string;
  readonly now: () => number;
}

/** The year 2100: without this record the gateway would sign with its first key again, whatever has happened to it. */
export const KEYS_LIFETIME: Lifetime = { validUntilMs: 4_102_444_800_000 };

/** The record of signing keys; whoever looks first writes it. */
export async function loadSigningKeys({
  store,
  publicKeys,
  firstKeyArn,
  now,
}: SigningKeysDeps): Promise<Result<Stored<SigningKeysRecord>, BackendFailure>> {
  const read = await store.read([AUTH_KEYS.signingKeys()]);
  if (!read.ok) return read;
  if (read.value[0] !== undefined) return ok(read.value[0] as Stored<SigningKeysRecord>);
  const first = await publicKeys.publicKey(firstKeyArn);
  if (!first.ok) return first;
  // No key set was published before it, so it need not wait for caches.
  const record: SigningKeysRecord = {
    keys: [{ keyArn: firstKeyArn, ...first.value, signFromMs: now(), isOwn: false }],
  };
  const written = await store.create(AUTH_KEYS.signingKeys(), record, KEYS_LIFETIME);
  if (!written.ok) return written;
  if (written.value.won) return ok({ version: written.value.version, record });
  const { kept } = written.value;
  return kept === undefined
    ? err({ service: 'dynamodb', kind: 'unavailable', name: 'RecordChanging' })
    : ok(kept as Stored<SigningKeysRecord>);
}
