import type { AccessTokens, TokenChallenge } from '../access-tokens';
import { officialClient } from '../official-client';
import { discoverTokenSource, type ProtectedResource } from './discover';
import type { OAuthFetch } from './guarded-fetch';
import { tokenFailure } from './oauth-failure';
import type { ClientKey } from './private-key';
import type { StoredTokens } from './stored-sign-in';
import { isFresh, storedTokens } from './stored-tokens';

export interface MachineTokensOptions {
  readonly resource: ProtectedResource;
  readonly clientId: string;
  /** Read on first use, and again after a failure. */
  readonly key: () => Promise<ClientKey>;
  readonly fetchFn: OAuthFetch;
  readonly now?: () => number;
}

/** Tokens of a program that is a client itself: `client_credentials` with `private_key_jwt` (RFC 7523). Kept in memory. */
export class MachineTokens implements AccessTokens {
  readonly #options: MachineTokensOptions;
  #tokens: StoredTokens | undefined;
  #getting: Promise<StoredTokens> | undefined;

  constructor(options: MachineTokensOptions) {
    this.#options = options;
  }

  async current(): Promise<string | undefined> {
    const kept = this.#tokens;
    if (kept && isFresh(kept, this.#now())) return kept.accessToken;
    // Of a resource nothing is known about, its refusal says whom to ask.
    if (this.#options.resource.metadataUrl === undefined) return undefined;
    return (await this.#get({})).accessToken;
  }

  async another(refused: string | undefined, challenge: TokenChallenge): Promise<string | undefined> {
    // What it may do is written in its registration; asking again gives no more.
    if (challenge.error === 'insufficient_scope') return undefined;
    const kept = this.#tokens;
    if (kept && isFresh(kept, this.#now()) && kept.accessToken !== refused) return kept.accessToken;
    return (await this.#get(challenge)).accessToken;
  }

  #get(challenge: TokenChallenge): Promise<StoredTokens> {
    this.#getting ??= this.#ask(challenge).finally(() => {
      this.#getting = undefined;
    });
    return this.#getting;
  }

  async #ask(challenge: TokenChallenge): Promise<StoredTokens> {
    const { resource, clientId, key, fetchFn } = this.#options;
    const { algorithm, jwk } = await key();
    const source = await discoverTokenSource(resource, challenge, fetchFn);
    const { PrivateKeyJwtProvider, fetchToken } = await officialClient("authMode 'client-credentials'");
    try {
      const provider = new PrivateKeyJwtProvider({
        clientId,
        privateKey: jwk,
        algorithm,
        expectedIssuer: source.issuer,
        // Long enough for clocks that differ; each is used once.
        jwtLifetimeSeconds: 60,
      });
      const tokens = await fetchToken(provider, source.issuer, {
        metadata: source.server,
        resource: source.resource,
        fetchFn,
        ...(source.scope === undefined ? {} : { scope: source.scope }),
      });
      this.#tokens = storedTokens(tokens, source.scope, this.#now());
      return this.#tokens;
    } catch (error) {
      throw tokenFailure(error, source.issuer);
    }
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}
