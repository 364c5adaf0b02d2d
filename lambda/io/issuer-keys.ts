import type { JSONWebKeySet } from 'jose';
import { isObject, isText } from '../core/json';
import { getJson } from './get-json';

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly jwksUri: string | undefined;
  readonly now: () => number;
  /** Reads a JSON document; rejects if it cannot be had. */
  readonly fetchJson?: ((url: string, timeoutMs: number) => Promise<unknown>) | undefined;
}

/** For discovery and keys together: a hanging issuer costs a call no more. */
const REFRESH_BUDGET_MS = 3_000;
/** How long a call waits for newer keys while it has usable ones. */
const PATIENCE_MS = 300;
/** A key the issuer withdrew is out of use after this. */
const MAX_AGE_MS = 10 * 60_000;
/** While the issuer is down, keys this old still serve. */
const MAX_STALE_MS = 60 * 60_000;
/** An attacker who invents key ids must not make us hammer the issuer. */
const COOLDOWN_MS = 10_000;
/** Without any keys nothing works, so the next try comes sooner. */
const COOLDOWN_WITHOUT_KEYS_MS = 1_000;

/** The signing keys of the token issuer: fetched once for all callers, kept fresh, never older than an hour. */
export class IssuerKeys {
  #keys: JSONWebKeySet | undefined;
  #fetchedAtMs = -Infinity;
  #triedAtMs = -Infinity;
  #flight: Promise<void> | undefined;
  #jwksUri: string | undefined;
  /** Grows whenever the keys change, so that what was verified with old ones can be forgotten. */
  version = 0;

  readonly #options: IssuerKeysOptions;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;

    this.#jwksUri = options.jwksUri;
  }

  /** Whether there are keys that need no refresh. */
  get isFresh(): boolean {
    return this.#since(this.#fetchedAtMs) <= MAX_AGE_MS;
  }

  /** The keys to verify with; `undefined` while the issuer cannot be reached and nothing recent is known. */
  async current(): Promise<JSONWebKeySet | undefined> {
    const age = this.#since(this.#fetchedAtMs);
    if (age > MAX_AGE_MS && this.#mayTry()) {
      const refresh = this.#refresh();
      await (age <= MAX_STALE_MS ? Promise.race([refresh, patience()]) : refresh);
    }
    return this.#since(this.#fetchedAtMs) <= MAX_STALE_MS ? this.#keys : undefined;
  }

  /** Fetches again because a token names a key we do not have. False if that was done a moment ago. */
  async reload(): Promise<boolean> {
    if (!this.#mayTry()) return false;
    await this.#refresh();
    return true;
  }

  #mayTry(): boolean {
    const cooldown = this.#keys === undefined ? COOLDOWN_WITHOUT_KEYS_MS : COOLDOWN_MS;
    return this.#flight !== undefined || this.#since(this.#triedAtMs) >= cooldown;
  }

  /** A clock set back must not make keys young again. */
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
    const startedAt = this.#options.now();
    this.#triedAtMs = startedAt;
    const fetchJson = (url: string) => {
      const remainingMs = startedAt + REFRESH_BUDGET_MS - this.#options.now();
      return remainingMs > 0
        ? (this.#options.fetchJson ?? getJson)(url, remainingMs)
        : Promise.reject(new Error('no time left'));
    };
    try {
      this.#jwksUri ??= await discoverJwksUri(this.#options.issuer, fetchJson);
      const keys = await fetchJson(this.#jwksUri);
      if (!isKeySet(keys)) throw new Error('not a JWK set');
      if (JSON.stringify(keys) !== JSON.stringify(this.#keys)) this.version += 1;
      this.#keys = keys;
      this.#fetchedAtMs = startedAt;
    } catch {
      // The caller sees it by the age of the keys. The next try asks anew where they are: they may have moved.
      this.#jwksUri = this.#options.jwksUri;
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
}

/** Finds `jwks_uri` in the issuer's metadata: RFC 8414 §3.1 first, OpenID Connect Discovery second. */
async function discoverJwksUri(issuer: string, fetchJson: (url: string) => Promise<unknown>): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/openid-configuration${path}`,
  ];
  for (const place of places) {
    const metadata = await fetchJson(place).catch(() => undefined);
    if (!isObject(metadata)) continue;
    const { issuer: named, jwks_uri: uri } = metadata;
    // RFC 8414 §3.3: metadata that speaks for another issuer is not ours to use.
    if (named !== issuer || !isText(uri) || !URL.canParse(uri)) continue;
    if (new URL(uri).protocol === 'https:' || issuer.startsWith('http:')) return uri;
  }
  throw new Error('the issuer publishes no usable metadata');
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isObject(value) && Array.isArray(value['keys']) && value['keys'].every(isObject);
}
