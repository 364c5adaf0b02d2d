import type { PublicKey } from '../../core/keys/key-ports';
import type { BackendFailure } from '../../core/ports';
import { ok, type Result } from '../../core/result';
import { type ClientKey, clientAssertion } from '../auth/idp-client-assertion';
import { kmsSigner } from '../auth/kms-signer';
import { kmsPublicKeys } from '../auth/kms-signing-keys';
import type { AwsClientOptions } from '../aws/aws-client';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** The gateway's key as a client of other authorization servers. It never leaves KMS. */
export interface ConnectClientKey {
  /** As `PATHS.clientKeys` shows it. */
  publicKey(): Answer<PublicKey>;
  /** A client assertion for one issuer, good for a minute (RFC 7523 §3). */
  assertion(issuer: string, clientId: string): Answer<string>;
}

export function connectClientKey(keyArn: string, options: AwsClientOptions): ConnectClientKey {
  const { now = Date.now } = options;
  const keys = kmsPublicKeys(options);
  const signer = kmsSigner(options);
  // A key's public half is the same for good.
  let known: PublicKey | undefined;

  const publicKey = async (): Answer<PublicKey> => {
    if (known !== undefined) return ok(known);
    const found = await keys.publicKey(keyArn);
    if (found.ok) known = found.value;
    return found;
  };

  return {
    publicKey,
    async assertion(issuer, clientId) {
      const found = await publicKey();
      if (!found.ok) return found;
      const key: ClientKey = {
        algorithm: 'ES256',
        keyId: found.value.kid,
        sign: (input) => signer.sign({ keyArn }, input),
      };
      return clientAssertion(issuer, clientId, key, now);
    },
  };
}
