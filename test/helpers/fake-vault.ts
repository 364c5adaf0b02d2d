import { randomBytes } from 'node:crypto';
import {
  type OperatorKeyValue,
  operatorContext,
  operatorKeyId,
  type VaultRecord,
} from '../../lambda/contract/vault-record';
import type { BackendFailure, DataKeySource, SecretSource, VaultRecordSource } from '../../lambda/core/ports';
import { err, ok } from '../../lambda/core/result';
import { sealValue } from '../../lambda/core/vault/seal-value';

type Port = 'records' | 'secrets' | 'dataKeys';

/** The vault's three services in memory, with real envelopes; refuses as they do, fails as told. */
export class FakeVault {
  readonly records: VaultRecordSource;
  readonly secrets: SecretSource;
  readonly dataKeys: DataKeySource;
  /** Calls so far, by port. */
  readonly calls: Record<Port, number> = { records: 0, secrets: 0, dataKeys: 0 };
  /** While set, every call of that port fails so. */
  readonly failing: Partial<Record<Port, BackendFailure>> = {};
  readonly table = new Map<string, VaultRecord>();
  readonly values = new Map<string, string>();
  private readonly wrapped = new Map<string, { readonly context: string; readonly key: Uint8Array }>();

  constructor(readonly gatewayId: string) {
    this.records = {
      read: async (recordId) => this.answer('records', () => ok(this.table.get(recordId))),
    };
    this.secrets = {
      fetch: async (secretId, versionId) =>
        this.answer('secrets', () => {
          const text = this.values.get(`${secretId}/${versionId}`);
          return text === undefined
            ? err(failureOf('secretsmanager', 'not_found', 'ResourceNotFoundException'))
            : ok(text);
        }),
    };
    this.dataKeys = {
      unwrap: async (wrappedKey, context) =>
        this.answer('dataKeys', () => {
          const found = this.wrapped.get(Buffer.from(wrappedKey).toString('hex'));
          const isOurs = found !== undefined && found.context === JSON.stringify(context);
          return isOurs ? ok(found.key) : err(failureOf('kms', 'invalid', 'InvalidCiphertextException'));
        }),
    };
  }

  /** Stores or replaces a key. `inside` is what the envelope says under its seal, where it is to say something else. */
  store(
    provider: string,
    parts: Record<string, string>,
    origins: readonly string[],
    inside: Partial<OperatorKeyValue> = {},
  ) {
    const version = (this.table.get(operatorKeyId(provider))?.version ?? 0) + 1;
    const named = this.seal(provider, version, { provider, origins, parts, ...inside });
    this.put(provider, { status: 'active', version, ...named, candidateVersionId: undefined });
  }

  /** Begins a rotation, as the vault function does. */
  rotate(provider: string, parts: Record<string, string>, origins: readonly string[]): void {
    const version = (this.table.get(operatorKeyId(provider))?.version ?? 0) + 1;
    const { secretVersionId } = this.seal(provider, version, { provider, origins, parts });
    this.put(provider, { version, candidateVersionId: secretVersionId });
  }

  confirm(provider: string): void {
    const { version = 0, candidateVersionId: secretVersionId = '' } = this.table.get(operatorKeyId(provider)) ?? {};
    this.put(provider, { version: version + 1, secretVersionId, candidateVersionId: undefined });
  }

  abandon(provider: string): void {
    const { version = 0 } = this.table.get(operatorKeyId(provider)) ?? {};
    this.put(provider, { version: version + 1, candidateVersionId: undefined });
  }

  private seal(provider: string, version: number, value: OperatorKeyValue) {
    const secretId = `secret-of-${provider}`;
    const secretVersionId = `version-${version}`;
    const context = operatorContext(this.gatewayId, provider);
    const dataKey = { plaintext: randomBytes(32), wrapped: randomBytes(40) };
    this.wrapped.set(dataKey.wrapped.toString('hex'), { context: JSON.stringify(context), key: dataKey.plaintext });
    const sealed = sealValue(value, dataKey, randomBytes(12), context, secretVersionId);
    this.values.set(`${secretId}/${secretVersionId}`, JSON.stringify(sealed));
    return { secretId, secretVersionId };
  }

  /** Writes a record as an operator's call, or an attacker with access to the table, would. */
  put(provider: string, change: Partial<VaultRecord>): void {
    const id = operatorKeyId(provider);
    const before = this.table.get(id) ?? { status: 'active', version: 0, secretId: '', secretVersionId: '' };
    this.table.set(id, { ...before, ...change });
  }

  disable(provider: string): void {
    const before = this.table.get(operatorKeyId(provider));
    this.put(provider, { status: 'disabled', version: (before?.version ?? 0) + 1 });
  }

  private answer<T>(port: Port, read: () => T) {
    this.calls[port] += 1;
    const failure = this.failing[port];
    return failure === undefined ? read() : err(failure);
  }
}

export function failureOf(
  service: BackendFailure['service'],
  kind: BackendFailure['kind'],
  name: string,
): BackendFailure {
  return { service, kind, name };
}
