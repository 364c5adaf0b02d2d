import type { AuthorizationServer } from 'oauth4webapi';
import type { IdentityProviderConfig } from '../../config/gateway-config';
import { isObject } from '../../core/json';
import type { IdpFetch } from './idp-fetch';

export interface IdpMetadataOptions {
  readonly config: Pick<IdentityProviderConfig, 'issuer' | 'idTokenAlgorithms'>;
  readonly fetch: IdpFetch;
  readonly now: () => number;
  /** Told why metadata cannot be used: operators cannot see it otherwise. */
  readonly onUnusable?: ((check: string) => void) | undefined;
}

const MAX_AGE_MS = 60 * 60_000;
/** While its metadata cannot be had anew, the IdP itself may still work. */
const MAX_STALE_MS = 24 * 60 * 60_000;
const COOLDOWN_MS = 60_000;
/** Without metadata nobody can sign in, so the next try comes sooner. */
const COOLDOWN_WITHOUT_MS = 1_000;

const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;

/** The identity provider's metadata: discovered once for all, refreshed hourly, pinned to the configured issuer. */
export class IdpMetadata {
  #known: AuthorizationServer | undefined;
  #fetchedAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #flight: Promise<void> | undefined;
  readonly #options: IdpMetadataOptions;

  constructor(options: IdpMetadataOptions) {
    this.#options = options;
  }

  /** `undefined` while there is none to use. */
  async current(): Promise<AuthorizationServer | undefined> {
    if (this.#since(this.#fetchedAtMs) > MAX_AGE_MS && this.#mayTry()) await this.#refresh();
    return this.#since(this.#fetchedAtMs) <= MAX_STALE_MS ? this.#known : undefined;
  }

  #mayTry(): boolean {
    const cooldown = this.#known === undefined ? COOLDOWN_WITHOUT_MS : COOLDOWN_MS;
    return this.#flight !== undefined || this.#since(this.#triedAtMs) >= cooldown;
  }

  /** A clock set back must not make old metadata young again. */
  #since(momentMs: number): number {
    return Math.abs(this.#options.now() - momentMs);
  }

  #refresh(): Promise<void> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetch(): Promise<void> {
    this.#triedAtMs = this.#options.now();
    try {
      this.#known = await discover(this.#options);
      this.#fetchedAtMs = this.#triedAtMs;
    } catch (error) {
      this.#options.onUnusable?.(error instanceof UnusableMetadata ? error.check : 'metadata_unreachable');
    }
  }
}

class UnusableMetadata extends Error {
  constructor(readonly check: string) {
    super(check);
  }
}

/** OpenID Connect Discovery §4. */
async function discover({ config, fetch }: IdpMetadataOptions): Promise<AuthorizationServer> {
  const { issuer } = config;
  const url = new URL(issuer);
  if (url.protocol !== 'https:' && !isLoopbackHttp(issuer)) throw new UnusableMetadata('metadata_issuer');
  url.pathname = `${url.pathname.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url.href, { method: 'GET', headers: { accept: 'application/json' } });
  const metadata: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  if (!isObject(metadata)) throw new UnusableMetadata('metadata_document');
  // As text, as `iss` is: a slash more or less is another issuer (§4.3).
  if (metadata['issuer'] !== issuer) throw new UnusableMetadata('metadata_issuer');
  for (const name of ENDPOINTS) {
    if (!isEndpointOf(issuer, metadata[name])) throw new UnusableMetadata(`metadata_${name}`);
  }
  // What may sign is for the operator to say, not for the document.
  return { ...metadata, issuer, id_token_signing_alg_values_supported: [...config.idTokenAlgorithms] };
}

/** Browser and secrets are sent there: https, or this machine where the issuer itself is on it. */
function isEndpointOf(issuer: string, url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (isLoopbackHttp(issuer) && isLoopbackHttp(url));
}

/** A company IdP on the machine itself, for a local run: nothing of it crosses a network. */
export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
}
