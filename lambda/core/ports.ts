import type { EncryptionContext, VaultRecord } from '../contract/vault-record';
import type { Result } from './result';

/** Why a backing AWS service gave no answer. `denied` and `not_found` will not pass by waiting. */
export interface BackendFailure {
  readonly service: 'dynamodb' | 'secretsmanager' | 'kms' | 'lambda';
  readonly kind: 'throttled' | 'unavailable' | 'denied' | 'not_found' | 'invalid';
  /** AWS error name or node error code: `ThrottlingException`, `ECONNREFUSED`. Never a message, never a body. */
  readonly name: string;
}

/** One strongly consistent read of a vault record; `undefined` when there is none. */
export interface VaultRecordSource {
  read(recordId: string, deadlineMs: number): Promise<Result<VaultRecord | undefined, BackendFailure>>;
}

/** One version of a secret's text. */
export interface SecretSource {
  fetch(secretId: string, versionId: string | undefined, deadlineMs: number): Promise<Result<string, BackendFailure>>;
}

/** Unwraps a data key; fails as `invalid` when the context is not the one it was wrapped under. */
export interface DataKeySource {
  unwrap(
    wrappedKey: Uint8Array,
    context: EncryptionContext,
    deadlineMs: number,
  ): Promise<Result<Uint8Array, BackendFailure>>;
}
