import type { VaultKeyStatus } from './vault-api';

/** Attribute names of the vault table. @see docs/storage.md */
export const VAULT_ATTRIBUTES = {
  pk: 'pk',
  status: 'status',
  version: 'version',
  secretId: 'secretId',
  secretVersionId: 'secretVersionId',
  parts: 'parts',
  origins: 'origins',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  updatedBy: 'updatedBy',
  candidate: 'candidate',
  startedAt: 'startedAt',
  expiresAt: 'expiresAt',
} as const;

/** Partition key of an operator key's record. */
export function operatorKeyId(provider: string): string {
  return `operator#${provider}`;
}

/** The part of a record the hot path re-reads: is the key alive, and which version of the value is current. */
export interface VaultRecord {
  readonly status: VaultKeyStatus;
  readonly version: number;
  readonly secretId: string;
  readonly secretVersionId: string;
  /** While a rotation is under way: the version that is to follow, valid beside the one in use. */
  readonly candidateVersionId?: string | undefined;
}

/** KMS encryption context of an operator key; CloudTrail shows it in clear, so it names no person. */
export interface EncryptionContext {
  readonly 'mcp:gateway': string;
  readonly 'mcp:subject': string;
  readonly 'mcp:provider': string;
}

export function operatorContext(gatewayId: string, provider: string): EncryptionContext {
  return { 'mcp:gateway': gatewayId, 'mcp:subject': 'operator', 'mcp:provider': provider };
}

/** Keys of {@link EncryptionContext}, for the IAM condition. */
export const ENCRYPTION_CONTEXT_KEYS = ['mcp:gateway', 'mcp:subject', 'mcp:provider'] as const;

/**
 * What Secrets Manager holds: the value under a one-time data key, so that neither
 * `secretsmanager:GetSecretValue` nor `kms:Decrypt` alone opens it. All fields base64.
 */
export interface SealedValue {
  readonly v: 1;
  readonly wrappedKey: string;
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** The plaintext under a {@link SealedValue}. `origins` binds the key to where it may be sent. */
export interface OperatorKeyValue {
  readonly provider: string;
  readonly origins: readonly string[];
  readonly parts: Readonly<Record<string, string>>;
}

/**
 * AES-GCM additional data: an envelope copied to another provider, gateway or
 * version of the secret does not open.
 */
export function envelopeAad(context: EncryptionContext, secretVersionId: string): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify([context['mcp:gateway'], context['mcp:subject'], context['mcp:provider'], secretVersionId]),
  );
}
