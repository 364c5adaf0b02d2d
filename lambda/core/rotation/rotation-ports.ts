import type { OperatorKeyValue } from '../../contract/vault-record';
import type { DataKeySource, SecretSource } from '../ports';
import type { Result } from '../result';
import type { VaultDeps } from '../vault/change-key';
import type { KeyShape } from '../vault/key-shape';

/**
 * Why a platform did not do what it was asked. `refused`: the key or the request, for good. `unavailable`: not now.
 * `invalid`: its answer makes no sense.
 */
export interface PlatformProblem {
  readonly kind: 'refused' | 'unavailable' | 'invalid';
  /** `status_403`, `timeout`, `no_key`. Never text of the answer. */
  readonly cause: string;
}

type Answer<T> = Promise<Result<T, PlatformProblem>>;

/** What a platform says of a key that works. */
export interface KeyDescription {
  /** Absent where the platform does not tell. */
  readonly id?: string | undefined;
  /** What its successor gets as well; absent where the platform did not say all of it. */
  readonly kept: Readonly<Record<string, unknown>> | undefined;
}

export interface NamedKey {
  readonly id: string;
  readonly name: string;
}

/** The keys of one account at a platform, by its API. Each call is made with a key of that account. */
export interface PlatformKeys {
  describe(by: OperatorKeyValue): Answer<KeyDescription>;
  create(
    by: OperatorKeyValue,
    name: string,
    kept: Readonly<Record<string, unknown>>,
  ): Answer<{ id: string; key: string }>;
  list(by: OperatorKeyValue): Answer<readonly NamedKey[]>;
  /** Succeeds when there is none of that id. */
  remove(by: OperatorKeyValue, id: string): Answer<void>;
}

/** A key that is rotated, and where. */
export interface RotatedKey {
  readonly shape: KeyShape;
  readonly secretId: string;
  /** Of the platform's API. */
  readonly origin: string;
  readonly platform: PlatformKeys;
}

export interface RotationDeps extends VaultDeps {
  readonly values: SecretSource;
  readonly openKeys: DataKeySource;
  /** Longest time between a confirmation and the moment the last call with the old key has reached its upstream, ms. */
  readonly oldKeyMs: number;
  readonly sleep: (ms: number) => Promise<void>;
  /** For what an operator has to see to. */
  readonly warn: (fields: Readonly<Record<string, unknown>>) => void;
}
