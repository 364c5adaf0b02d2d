import type { UpstreamConfig } from '../../config/gateway-config';
import type { ConnectionError, GatewayError } from '../gateway-error';
import type { RenderedCredential } from '../render-credential';
import { ok, type Result } from '../result';
import type { CredentialSource } from '../serve-mcp';
import type { ConnectionNeed } from './connect-offer';
import { blocked, ended, unavailable } from './connection-errors';
import type { ConnectionName, FoundConnection, OpenConnection, PersonCredentials } from './person-credentials';
import type { Renewals } from './renewals';

/** One call's view of the caller's connection. */
export interface PersonSourceOptions {
  readonly credentials: PersonCredentials;
  readonly renewals: Renewals;
  readonly now: () => number;
  readonly name: ConnectionName;
  readonly platform: string;
  /** Of the call, which whoever waits for a new token shares. */
  readonly deadlineMs: number;
  /** A connection of this version has been tried and does not do. */
  readonly tried: number;
  /** The person said no to the link. */
  readonly isDeclined: boolean;
  /** The call asks for a connection and for nothing else. */
  readonly isForItself: boolean;
}

/** So long before its end a token is taken for expired: clocks differ, and a call takes its time. */
const SKEW_MS = 60_000;
const VAULT_BUDGET_MS = 3_000;

/** Finds the caller's credential for one call, with a new token where the old one has ended. */
export class PersonSource implements CredentialSource {
  /** What the person has to mend, if there is something. */
  need: ConnectionNeed = 'missing';

  #used: OpenConnection | undefined;

  readonly #options: PersonSourceOptions;

  constructor(options: PersonSourceOptions) {
    this.#options = options;
  }

  /** Version of the connection that was used last or does not do. */
  get version(): number {
    return this.#used?.record.version ?? this.#options.tried;
  }

  async get(upstream: UpstreamConfig, deadlineMs: number): Promise<Result<RenderedCredential, GatewayError>> {
    const { credentials, renewals, platform, tried, isDeclined, isForItself } = this.#options;
    if (isDeclined) return ended('connection_declined');
    const found = await this.#find(deadlineMs);
    if (!found.ok) return found;
    if (found.value.kind === 'blocked') return blocked(platform);
    if (found.value.kind !== 'open') return this.#needs(found.value.kind);
    if (found.value.record.version <= tried) return this.#needs('refused');
    this.#used = found.value;
    const credential = credentials.render(found.value, upstream);
    if (credential === undefined) return this.#needs('elsewhere');
    if (isForItself) return ended('connection_ready');
    if (renewals.isRefused(found.value)) return unavailable(platform);
    renewals.touch(found.value, deadlineMs);
    return ok(credential);
  }

  /** After a refusal: whether there is something else to say for one more try. */
  async replace(): Promise<Result<boolean, GatewayError>> {
    const used = this.#used;
    this.#forget();
    const current = await this.#read();
    if (!current.ok) return current;
    if (used === undefined || !isSame(current.value, used)) return ok(true);
    const renewal = await this.#renew(used, 'refused');
    if (renewal === 'unavailable') return unavailable(this.#options.platform);
    const renewed = await this.#read();
    return renewed.ok ? ok(!isSame(renewed.value, used)) : renewed;
  }

  /** Whether the person has done what was asked for, or nothing can be done any more. */
  async isSettled(): Promise<boolean> {
    const { credentials, name, tried } = this.#options;
    credentials.forget(name);
    const found = await this.#read();
    if (!found.ok) return false;
    return found.value.kind === 'open' ? found.value.record.version > tried : found.value.kind === 'blocked';
  }

  async #find(deadlineMs: number): Promise<Result<FoundConnection, GatewayError>> {
    const { credentials, name, now } = this.#options;
    const found = await credentials.find(name, deadlineMs);
    if (!found.ok || found.value.kind !== 'open') return found;
    const { tokenExpiresAtMs = Infinity, retryAtMs = 0 } = found.value.record;
    if (now() < tokenExpiresAtMs - SKEW_MS) return found;
    // Whoever tried last was told to wait.
    if (now() < retryAtMs) return this.#unlessExpired(found.value);
    const renewal = await this.#renew(found.value, 'expired');
    // Whatever came of it, it took its time: what was ended meanwhile must not be used.
    const current = await this.#read();
    if (renewal !== 'unavailable' || !current.ok || current.value.kind !== 'open') return current;
    return this.#unlessExpired(current.value);
  }

  #unlessExpired(found: OpenConnection): Result<FoundConnection, GatewayError> {
    const { now, platform } = this.#options;
    return now() < (found.record.tokenExpiresAtMs ?? Infinity) ? ok(found) : unavailable(platform);
  }

  #read() {
    const { credentials, name, now, deadlineMs } = this.#options;
    return credentials.find(name, Math.min(now() + VAULT_BUDGET_MS, deadlineMs));
  }

  #renew(found: OpenConnection, reason: 'expired' | 'refused') {
    const { renewals, deadlineMs } = this.#options;
    return renewals.renew(found, reason, deadlineMs, () => this.#forget());
  }

  #forget(): void {
    this.#options.credentials.invalidate(this.#options.name);
  }

  #needs(need: ConnectionNeed): Result<never, ConnectionError> {
    this.need = need;
    return ended('connection_needed');
  }
}

function isSame(found: FoundConnection, used: OpenConnection): boolean {
  return found.kind === 'open' && found.record.version === used.record.version;
}
