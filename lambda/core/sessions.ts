import { type GatewayError, vaultFailure } from './gateway-error';
import type { BackendFailure } from './ports';
import type { Era } from './protocol';
import { type Awaitable, err, ok, type Result } from './result';
import { openSessionId, type SessionOwner, sealSessionId } from './session-id';

export interface SessionOptions {
  readonly issuer: string;
  readonly gatewayUrl: string;
  /** Reads the sealing key, 32 bytes. */
  readonly loadKey: () => Promise<Result<Buffer, BackendFailure>>;
  readonly randomBytes: (size: number) => Buffer;
}

const IV_BYTES = 12;

/** Sessions of the older revisions: the upstream's own, sealed for one person. Knows nothing between two calls. */
export class Sessions {
  #key: Buffer | undefined;

  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Has the sealing key at hand before the first call needs it. A failure shows at the first use. */
  async warm(): Promise<void> {
    await this.key();
  }

  /** The upstream's session id of a request; `undefined` if it names none, or its revision has none. */
  open(
    headers: Readonly<Record<string, string>>,
    era: Era,
    upstream: string,
    subject: string,
  ): Awaitable<Result<string | undefined, GatewayError>> {
    return era === 'modern' ? ok(undefined) : this.#open(headers['mcp-session-id'], upstream, subject);
  }

  async #open(
    sealed: string | undefined,
    upstream: string,
    subject: string,
  ): Promise<Result<string | undefined, GatewayError>> {
    if (this.#key === undefined) {
      const key = await this.key();
      if (!key.ok) return key;
    }
    if (sealed === undefined) return ok(undefined);
    const id = openSessionId(this.#key as Buffer, this.#owner(upstream, subject), sealed);
    return id === undefined ? err({ reason: 'session_not_found' }) : ok(id);
  }

  /** The key of what the gateway gives out sealed. */
  async key(): Promise<Result<Buffer, GatewayError>> {
    if (this.#key !== undefined) return ok(this.#key);
    const key = await this.#options.loadKey();
    if (!key.ok) return err(vaultFailure(key.error));
    this.#key = key.value;
    return key;
  }

  /** Seals an upstream's session id. Only after {@link open}, which has the key loaded. */
  seal(upstream: string, subject: string, upstreamId: string): string {
    if (this.#key === undefined) throw new Error('open() comes before seal()');
    return sealSessionId(this.#key, this.#owner(upstream, subject), upstreamId, this.#options.randomBytes(IV_BYTES));
  }

  #owner(upstream: string, subject: string): SessionOwner {
    return [this.#options.issuer, this.#options.gatewayUrl, upstream, subject];
  }
}
