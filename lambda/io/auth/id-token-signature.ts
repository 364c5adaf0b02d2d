import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { IdentityProviderConfig } from '../../config/gateway-config';
import type { IdpProblem } from '../../core/authz/ports';
import { IssuerKeys } from '../issuer-keys';
import type { IdpFetch } from './idp-fetch';
import { isTheirFault } from './idp-problem';

export interface IdTokenSignatureOptions {
  readonly config: Pick<IdentityProviderConfig, 'issuer' | 'idTokenAlgorithms'>;
  readonly fetch: IdpFetch;
  readonly now: () => number;
}

/** Whether one of the IdP's keys has signed an ID token, by an algorithm the operator allows. Reads no claim. */
export class IdTokenSignature {
  #keys: { readonly uri: string; readonly source: IssuerKeys } | undefined;
  /** Why there are no keys, as of the last try. */
  #failure: IdpProblem = unreachable;
  readonly #options: IdTokenSignatureOptions;

  constructor(options: IdTokenSignatureOptions) {
    this.#options = options;
  }

  /** `undefined` if the signature is good. */
  async problem(idToken: string, jwksUri: string): Promise<IdpProblem | undefined> {
    const keys = this.#keysAt(jwksUri);
    const problem = await this.#problemWith(await keys.current(), idToken);
    // Whoever invents key ids must not make us hammer the IdP: the keys are fetched again only after a while.
    if (problem?.check !== UNKNOWN_KEY || !(await keys.reload())) return problem;
    return this.#problemWith(await keys.current(), idToken);
  }

  /** Metadata says where the keys are, and may come to say it anew. */
  #keysAt(uri: string): IssuerKeys {
    if (this.#keys?.uri !== uri) {
      const { config, now } = this.#options;
      const source = new IssuerKeys({ issuer: config.issuer, jwksUri: uri, now, fetchJson: (url) => this.#fetch(url) });
      this.#keys = { uri, source };
    }
    return this.#keys.source;
  }

  async #fetch(url: string): Promise<unknown> {
    this.#failure = unreachable;
    const response = await this.#options.fetch(url, { method: 'GET', headers: { accept: 'application/json' } });
    const { status } = response;
    this.#failure = { kind: isTheirFault(status) ? 'unreachable' : 'invalid', check: 'keys_status' };
    if (status !== 200) throw new Error(`status ${status}`);
    this.#failure = { kind: 'invalid', check: 'keys_document' };
    return response.json();
  }

  async #problemWith(keys: JSONWebKeySet | undefined, idToken: string): Promise<IdpProblem | undefined> {
    if (keys === undefined) return this.#failure;
    const algorithms = [...this.#options.config.idTokenAlgorithms];
    try {
      await compactVerify(idToken, createLocalJWKSet(keys), { algorithms });
      return undefined;
    } catch (error) {
      // Of several keys that fit, none is chosen: OpenID Connect Core §10.1 wants the key id then.
      const isUnclear = KEY_SELECTION.test(String((error as { readonly code?: unknown }).code));
      return { kind: 'invalid', check: isUnclear ? UNKNOWN_KEY : 'id_token_signature' };
    }
  }
}

const unreachable: IdpProblem = { kind: 'unreachable', check: 'keys_unreachable' };
const UNKNOWN_KEY = 'id_token_key';
const KEY_SELECTION = /^ERR_JWKS_(NO_MATCHING_KEY|MULTIPLE_MATCHING_KEYS)$/;
