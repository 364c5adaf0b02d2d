import type { VaultKeyMetadata, VaultKeyStatus } from '../../contract/vault-api';
import type { EncryptionContext } from '../../contract/vault-record';
import type { BackendFailure } from '../ports';
import type { Result } from '../result';
import type { DataKey } from './seal-value';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** Which value a record names. */
interface Named {
  readonly version: number;
  readonly secretId: string;
  readonly secretVersionId: string;
}

export interface LiveKey extends Omit<VaultKeyMetadata, 'rotationStartedAt'>, Named {
  readonly kind: 'live';
  /** While a rotation is under way. */
  readonly candidate?: Candidate | undefined;
}

/** The value that is to follow the one in use, in the same secret. */
export interface Candidate {
  readonly secretVersionId: string;
  readonly parts: readonly string[];
  readonly origins: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
}

/** What a deletion leaves until DynamoDB removes it: absent to every reader, still counting the version. */
export interface ErasedKey extends Named {
  readonly kind: 'erased';
}

export type KeyRecord = LiveKey | ErasedKey;

/** Who changes a record, and when. */
export interface Change {
  readonly actor: string;
  readonly nowMs: number;
}

export interface StoreChange extends Change {
  readonly secretId: string;
  readonly secretVersionId: string;
  readonly parts: readonly string[];
  readonly origins: readonly string[];
  /** The version that must be stored now, 0 for none; without it any will do. */
  readonly expectedVersion: number | undefined;
}

export interface EndChange extends Change {
  /** The one it is about: any other is somebody else's rotation. */
  readonly candidate: Candidate;
  readonly expectedVersion: number | undefined;
}

/** The records, by provider. Each change is one conditional write; `undefined` where its condition does not hold. */
export interface KeyRecords {
  read(provider: string): Answer<KeyRecord | undefined>;
  readAll(providers: readonly string[]): Answer<readonly KeyRecord[]>;
  /** Unless the record names this very version already: then an earlier attempt of this write got through. */
  store(provider: string, change: StoreChange): Answer<LiveKey | undefined>;
  /** If a key is stored whose status is another. */
  setStatus(provider: string, status: VaultKeyStatus, change: Change): Answer<LiveKey | undefined>;
  /** If a key is stored in this secret, without a rotation under way. */
  startRotation(provider: string, change: StoreChange): Answer<LiveKey | undefined>;
  /** If this candidate is there. The version it names is then the one in use. */
  confirmRotation(provider: string, change: EndChange): Answer<LiveKey | undefined>;
  /** If this candidate is there. */
  abandonRotation(provider: string, change: EndChange): Answer<LiveKey | undefined>;
  /** Unless it is erased already. */
  erase(provider: string, change: Change & Pick<Named, 'secretId' | 'secretVersionId'>): Answer<ErasedKey | undefined>;
}

/** Version id -> staging labels; versions without a label do not appear. */
export type VersionLabels = ReadonlyMap<string, readonly string[]>;

/** The versions of a secret. Values go in; none comes out. */
export interface SecretVersions {
  labels(secretId: string): Answer<VersionLabels>;
  add(secretId: string, versionId: string, text: string, label: string): Answer<void>;
  /** Fails as `invalid` when the label is not where `from` says. */
  moveLabel(secretId: string, label: string, from: string | undefined, to: string | undefined): Answer<void>;
}

export interface DataKeyMaker {
  make(context: EncryptionContext): Answer<DataKey>;
}
