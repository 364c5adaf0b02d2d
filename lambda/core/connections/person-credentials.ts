import type { CredentialTemplate, UpstreamConfig } from '../../config/gateway-config';
import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionRecord,
  personContext,
} from '../../contract/connection-record';
import type { OperatorKeyValue } from '../../contract/vault-record';
import { type GatewayError, vaultFailure } from '../gateway-error';
import type { DataKeySource } from '../ports';
import type { RecordCache } from '../record-cache';
import type { RenderedCredential, renderCredential } from '../render-credential';
import { type Awaitable, err, ok, type Result } from '../result';
import type { ConnectionState, ConnectionStateSource } from './ports';
import { openSecrets, readCallSecrets, wrappedKeyOf } from './seal-connection';

/** Whose connection to what. */
export interface ConnectionName {
  readonly subject: string;
  readonly provider: string;
}

/** A connection that may be used. */
export interface OpenConnection {
  readonly kind: 'open';
  readonly record: ConnectionRecord;
  readonly salt: string;
  readonly secrets: CallSecrets;
  /** What the secrets became for each upstream that uses them: once per version, not per call. */
  readonly rendered: Map<UpstreamConfig, RenderedCredential | undefined>;
}

/** What a cached read found. `unreadable`: the person's salt is gone, or the envelope is not what was sealed. */
export type FoundConnection = OpenConnection | { readonly kind: 'missing' | 'broken' | 'blocked' | 'unreadable' };

export interface PersonCredentialOptions {
  readonly gatewayId: string;
  readonly cacheTtlMs: number;
  readonly now: () => number;
  readonly states: ConnectionStateSource;
  readonly dataKeys: DataKeySource;
  /** These two the function has at hand, and this chunk need not hold them again. */
  readonly Cache: typeof RecordCache;
  readonly render: typeof renderCredential;
}

/** As many people as one instance serves within a second; the bound keeps a flood from filling the memory. */
const MAX_ENTRIES = 10_000;

/**
 * People's connections as the hot path sees them. Every use rests on a read that began at most `cacheTtlMs` ago. A data
 * key is kept longer: it opens the next version without KMS, and nothing once the record or the salt is gone.
 */
export class PersonCredentials {
  readonly #cache: RecordCache<string, FoundConnection, GatewayError>;
  /** By envelope: the order is that of last use, so that the first one is the one to forget. */
  readonly #dataKeys = new Map<string, Uint8Array>();

  readonly #options: PersonCredentialOptions;

  constructor(options: PersonCredentialOptions) {
    this.#options = options;
    this.#cache = new options.Cache({
      ttlMs: options.cacheTtlMs,
      maxEntries: MAX_ENTRIES,
      now: options.now,
      load: (key, previous, deadlineMs) => this.#load(JSON.parse(key) as [string, string], previous, deadlineMs),
    });
  }

  /** At once, if a recent read is remembered. A "no" never is: what was connected a moment ago works at once. */
  find(name: ConnectionName, deadlineMs: number): Awaitable<Result<FoundConnection, GatewayError>> {
    const key = keyOf(name);
    const found = this.#cache.get(key, deadlineMs);
    return found instanceof Promise
      ? found.then((read) => {
          if (read.ok && read.value.kind !== 'open') this.#cache.forget(key);
          return read;
        })
      : found;
  }

  /** `undefined`: it was connected for other origins, or has not the parts the upstream needs. */
  render({ record, secrets, rendered }: OpenConnection, upstream: UpstreamConfig): RenderedCredential | undefined {
    if (!rendered.has(upstream))
      rendered.set(upstream, this.#renderFor(upstream, { ...secrets, provider: record.provider }));
    return rendered.get(upstream);
  }

  /** Makes the next use read anew. */
  invalidate(name: ConnectionName): void {
    this.#cache.invalidate(keyOf(name));
  }

  /** The same for who asks again and again: reads under way, of others, stay worth remembering. */
  forget(name: ConnectionName): void {
    this.#cache.forget(keyOf(name));
  }

  #renderFor(upstream: UpstreamConfig, key: OperatorKeyValue): RenderedCredential | undefined {
    // A deployment that points the upstream elsewhere must not carry people's tokens along.
    if (!key.origins.includes(new URL(upstream.url).origin)) return undefined;
    const rendered = this.#options.render(upstream.credential as CredentialTemplate, key);
    return rendered.ok ? rendered.value : undefined;
  }

  async #load(
    [subject, provider]: [string, string],
    previous: FoundConnection | undefined,
    deadlineMs: number,
  ): Promise<Result<FoundConnection, GatewayError>> {
    const read = await this.#options.states.read(subject, provider, deadlineMs);
    if (!read.ok) return err(vaultFailure(read.error));
    const { connection, salt, providerSwitch } = read.value;
    if (providerSwitch?.blocked) return ok({ kind: 'blocked' });
    if (connection === undefined) return ok({ kind: 'missing' });
    if (connection.status !== 'active') return ok({ kind: 'broken' });
    if (salt === undefined) return ok({ kind: 'unreadable' });
    const isSame = previous?.kind === 'open' && previous.record.call === connection.call && previous.salt === salt.salt;
    // Versions alike in what is sealed: what was opened stays, what stands beside it may have changed.
    if (isSame && previous.record.version === connection.version) return ok({ ...previous, record: connection });
    return this.#open({ subject, provider }, connection, salt.salt, deadlineMs);
  }

  async #open(
    { subject, provider }: ConnectionName,
    record: ConnectionRecord,
    salt: NonNullable<ConnectionState['salt']>['salt'],
    deadlineMs: number,
  ): Promise<Result<FoundConnection, GatewayError>> {
    const wrapped = wrappedKeyOf(record.call);
    if (wrapped === undefined) return ok({ kind: 'unreadable' });
    const context = personContext(this.#options.gatewayId, subject, provider, 'call');
    const itemKey = CONNECTION_KEYS.connection(subject, provider);
    const dataKey = await this.#dataKey(wrapped, context, itemKey, deadlineMs);
    if (!dataKey.ok) return dataKey;
    const seal = { salt, context, itemKey, version: record.version };
    const opened = dataKey.value && openSecrets(record.call, dataKey.value, seal);
    const secrets = opened?.ok ? readCallSecrets(opened.value) : undefined;
    if (secrets === undefined) return ok({ kind: 'unreadable' });
    return ok({ kind: 'open', record, salt, secrets, rendered: new Map() });
  }

  /** `undefined`: KMS does not know it under this context. */
  async #dataKey(
    wrapped: Uint8Array,
    context: ReturnType<typeof personContext>,
    itemKey: string,
    deadlineMs: number,
  ): Promise<Result<Uint8Array | undefined, GatewayError>> {
    const id = `${itemKey} ${Buffer.from(wrapped).toString('base64')}`;
    const known = this.#dataKeys.get(id);
    if (known !== undefined) {
      this.#keep(id, known);
      return ok(known);
    }
    const unwrapped = await this.#options.dataKeys.unwrap(wrapped, context, deadlineMs);
    if (!unwrapped.ok) return unwrapped.error.kind === 'invalid' ? ok(undefined) : err(vaultFailure(unwrapped.error));
    this.#keep(id, unwrapped.value);
    return unwrapped;
  }

  #keep(id: string, dataKey: Uint8Array): void {
    this.#dataKeys.delete(id);
    this.#dataKeys.set(id, dataKey);
    if (this.#dataKeys.size <= MAX_ENTRIES) return;
    const oldest = this.#dataKeys.keys().next();
    if (!oldest.done) this.#dataKeys.delete(oldest.value);
  }
}

function keyOf({ subject, provider }: ConnectionName): string {
  return JSON.stringify([subject, provider]);
}
