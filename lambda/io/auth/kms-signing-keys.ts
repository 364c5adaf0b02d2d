import { createPublicKey, hash } from 'node:crypto';
import type { PublicKey, PublicKeySource, SigningKeyMaker } from '../../core/keys/key-ports';
import { err, ok } from '../../core/result';
import { type AwsClientOptions, createAwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import { KMS } from '../aws/services';

const BUDGET_MS = 10_000;
/** The least KMS allows: time to undo it. */
const PENDING_DAYS = 7;
/** By this tag the roles of the functions may use the keys that a rotation makes. */
const GATEWAY_TAG = 'mcp:gateway';

/** The public halves of KMS keys. */
export function kmsPublicKeys(options: AwsClientOptions): PublicKeySource {
  const { now = Date.now } = options;
  const client = createAwsClient(KMS, options);
  return {
    async publicKey(keyArn) {
      const answer = await client.call('GetPublicKey', { KeyId: keyArn }, now() + BUDGET_MS);
      if (!answer.ok) return answer;
      const key = readPublicKey(answer.value['PublicKey']);
      return key === undefined ? err(malformed('kms', 'PublicKey')) : ok(key);
    },
  };
}

/** Makes signing keys in KMS, and ends them. */
export function kmsSigningKeys(gatewayId: string, options: AwsClientOptions): SigningKeyMaker {
  const { now = Date.now } = options;
  const client = createAwsClient(KMS, options);
  return {
    async create() {
      const input = {
        Description: `Signs access tokens of the MCP gateway ${gatewayId}`,
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        Tags: [{ TagKey: GATEWAY_TAG, TagValue: gatewayId }],
      };
      const answer = await client.call('CreateKey', input, now() + BUDGET_MS);
      if (!answer.ok) return answer;
      const { Arn } = (answer.value['KeyMetadata'] ?? {}) as { readonly Arn?: unknown };
      return typeof Arn === 'string' ? ok(Arn) : err(malformed('kms', 'Answer'));
    },

    async scheduleDeletion(keyArn) {
      const input = { KeyId: keyArn, PendingWindowInDays: PENDING_DAYS };
      const answer = await client.call('ScheduleKeyDeletion', input, now() + BUDGET_MS);
      const isDone = answer.ok || ['KMSInvalidStateException', 'NotFoundException'].includes(answer.error.name);
      return isDone ? ok(undefined) : answer;
    },
  };
}

function readPublicKey(spki: unknown): PublicKey | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(String(spki), 'base64'), format: 'der', type: 'spki' });
    const { kty, crv, x, y } = key.export({ format: 'jwk' });
    if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) return undefined;
    // RFC 7638 §3: the required members in the order of their names, without spaces.
    return { kid: hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url'), publicJwk: { kty, crv, x, y } };
  } catch {
    return undefined;
  }
}
