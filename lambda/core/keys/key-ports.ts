import type { SigningKeyRecord } from '../../contract/auth-record';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';

type Answer<T> = Promise<Result<T, BackendFailure>>;

export type PublicKey = Pick<SigningKeyRecord, 'kid' | 'publicJwk'>;

/** The public half of a signing key. */
export interface PublicKeySource {
  publicKey(keyArn: string): Answer<PublicKey>;
}

/** Makes and ends signing keys. */
export interface SigningKeyMaker {
  /** A new ES256 key, marked as this gateway's; its ARN. */
  create(): Answer<string>;
  /** Deletes a key after a week in which that can be undone. A key already on its way out, or gone, counts as done. */
  scheduleDeletion(keyArn: string): Answer<void>;
}
