export interface KeyTag {
  readonly TagKey: string;
  readonly TagValue: string;
}

/** A key as it is stored. Times are in ms, material in base64. */
export interface KmsKey {
  readonly id: string;
  readonly spec: 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256';
  readonly description: string;
  /** In the order they were given. */
  tags?: readonly KeyTag[];
  readonly createdAt: number;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  /** When a key pending deletion is gone. */
  deleteAt?: number;
  /** 32 random bytes, or a PKCS#8 private key. */
  readonly material: string;
}

export interface KmsState {
  /** By key id. */
  keys: Record<string, KmsKey>;
  /** `alias/name` -> key id. */
  aliases: Record<string, { readonly keyId: string; readonly createdAt: number; readonly updatedAt: number }>;
}

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';

export function keyUsage(key: KmsKey): KeyUsage {
  return key.spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY';
}
