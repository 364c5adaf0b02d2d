import type { CredentialTemplate, UpstreamConfig } from '../config/gateway-config';
import { type OperatorKeyValue, operatorContext, operatorKeyId, type VaultRecord } from '../contract/vault-record';
import { type GatewayError, vaultFailure } from './gateway-error';
import type { DataKeySource, SecretSource, VaultRecordSource } from './ports';
import { RecordCache } from './record-cache';
import type { RefusedKeys } from './refused-keys';
import { type RenderedCredential, renderCredential } from './render-credential';
import { type Awaitable, err, ok, type Result } from './result';
import { openValue, parseSealedValue } from './vault/open-value';

/** What a cached read found: nothing, a key that may not be used, or an open one. */
type Found =
  | { readonly kind: 'missing' | 'disabled' }
  | {
      readonly kind: 'open';
      readonly record: VaultRecord;
      readonly key: OperatorKeyValue;
      /** What the key became for each upstream that uses it: once per version, not per call. */
      readonly rendered: Map<UpstreamConfig, Result<RenderedCredential, GatewayError>>;
    };

export interface CredentialOptions {
  readonly gatewayId: string;
  readonly cacheTtlMs: number;
  readonly now: () => number;
  readonly records: VaultRecordSource;
  readonly secrets: SecretSource;
  readonly dataKeys: DataKeySource;
}

/** A configuration names few providers; the bound only keeps a mistake from growing into a leak. */
const MAX_ENTRIES = 1_000;

/**
 * The vault as the hot path sees it. Every use rests on a record read at most `cacheTtlMs` ago;
 * the value behind it is fetched and decrypted only when the record shows another version.
 */
export class Credentials {
  readonly #cache: RecordCache<string, Found, GatewayError>;

  readonly #options: CredentialOptions;

  #refused: Promise<RefusedKeys> | undefined;

  constructor(options: CredentialOptions) {
    this.#options = options;

    this.#cache = new RecordCache({
      ttlMs: options.cacheTtlMs,
      maxEntries: MAX_ENTRIES,
      now: options.now,
      load: (provider, previous, deadlineMs) => this.#load(provider, previous, deadlineMs),
    });
  }

  /** The headers that make an upstream accept a call; `undefined` when it asks for none. */
  get(upstream: UpstreamConfig, deadlineMs: number): Awaitable<Result<RenderedCredential | undefined, GatewayError>> {
    const template = upstream.credential;
    if (template === undefined) return ok(undefined);
    const found = this.#cache.get(template.provider, deadlineMs);
    return found instanceof Promise
      ? found.then((read) => this.#render(upstream, template, read))
      : this.#render(upstream, template, found);
  }

  #render(
    upstream: UpstreamConfig,
    template: CredentialTemplate,
    found: Result<Found, GatewayError>,
  ): Result<RenderedCredential, GatewayError> {
    const { provider } = template;
    if (!found.ok) return found;
    if (found.value.kind !== 'open') {
      // A "no" is asked again each time: a key stored or allowed a moment ago works at once.
      this.#cache.forget(provider);
      return err({ reason: `credential_${found.value.kind}`, provider });
    }
    const { key, rendered } = found.value;
    const credential = rendered.get(upstream) ?? renderFor(upstream, template, key);
    rendered.set(upstream, credential);
    return credential;
  }

  /** What is tried once an upstream has refused a key. Of its own chunk: most instances never see that. */
  refused(): Promise<RefusedKeys> {
    this.#refused ??= import('./refused-keys').then(({ candidateRecords, RefusedKeys }) => {
      const records = candidateRecords(this.#options.records);
      // Read each time: which key is to follow is asked only where another was refused because it is over.
      return new RefusedKeys(this, new Credentials({ ...this.#options, records, cacheTtlMs: 0 }));
    });
    return this.#refused;
  }

  /** Makes the next use of a provider's key read the vault, e.g. after an upstream refused it. */
  invalidate(provider: string): void {
    this.#cache.invalidate(provider);
  }

  async #load(provider: string, previous: Found | undefined, deadlineMs: number): Promise<Result<Found, GatewayError>> {
    const read = await this.#options.records.read(operatorKeyId(provider), deadlineMs);
    if (!read.ok) return err(vaultFailure(read.error));
    const record = read.value;
    if (record === undefined) return ok({ kind: 'missing' });
    if (record.status !== 'active') return ok({ kind: 'disabled' });
    if (previous?.kind === 'open' && isSameValue(previous.record, record)) return ok(previous);
    const key = await this.#open(provider, record, deadlineMs);
    return key.ok ? ok({ kind: 'open', record, key: key.value, rendered: new Map() }) : key;
  }

  async #open(
    provider: string,
    record: VaultRecord,
    deadlineMs: number,
  ): Promise<Result<OperatorKeyValue, GatewayError>> {
    const unreadable = { reason: 'credential_unreadable', provider } as const;
    const text = await this.#options.secrets.fetch(record.secretId, record.secretVersionId, deadlineMs);
    if (!text.ok) {
      return err(text.error.kind === 'not_found' ? { reason: 'credential_lost', provider } : vaultFailure(text.error));
    }
    const sealed = parseSealedValue(text.value);
    if (!sealed.ok) return err(unreadable);
    const context = operatorContext(this.#options.gatewayId, provider);
    const dataKey = await this.#options.dataKeys.unwrap(
      Buffer.from(sealed.value.wrappedKey, 'base64'),
      context,
      deadlineMs,
    );
    if (!dataKey.ok) return err(dataKey.error.kind === 'invalid' ? unreadable : vaultFailure(dataKey.error));
    const opened = openValue(sealed.value, dataKey.value, context, record.secretVersionId);
    // The envelope says itself whose key it is: a record pointing at another provider's secret opens nothing.
    return opened.ok && opened.value.provider === provider ? ok(opened.value) : err(unreadable);
  }
}

function isSameValue(a: VaultRecord, b: VaultRecord): boolean {
  return a.secretVersionId === b.secretVersionId && a.secretId === b.secretId;
}

function renderFor(
  upstream: UpstreamConfig,
  template: CredentialTemplate,
  key: OperatorKeyValue,
): Result<RenderedCredential, GatewayError> {
  const { provider } = template;
  // A deployment that points the upstream elsewhere must not carry the key along.
  if (!key.origins.includes(new URL(upstream.url).origin)) return err({ reason: 'credential_wrong_origin', provider });
  const rendered = renderCredential(template, key);
  return rendered.ok ? rendered : err({ reason: rendered.error, provider });
}
