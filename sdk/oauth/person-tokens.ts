import { CONNECTIONS_SCOPE } from '../../lambda/contract/connections-api';
import type { AccessTokens, TokenChallenge } from '../access-tokens';
import { McpGatewayError, type McpGatewayErrorCode } from '../gateway-error';
import { officialClient } from '../official-client';
import { discoverTokenSource, type ProtectedResource, type TokenSource } from './discover';
import type { OAuthFetch } from './guarded-fetch';
import { type ClientChoice, clientInformation } from './oauth-client';
import { oauthReason, tokenFailure } from './oauth-failure';
import { signInPerson } from './sign-in-person';
import type { SignInStore, StoredSignIn } from './stored-sign-in';
import { isFresh, storedTokens } from './stored-tokens';

export interface PersonTokensOptions {
  readonly resource: ProtectedResource;
  readonly gatewayUrl: string;
  readonly client: ClientChoice;
  readonly store: SignInStore;
  /** `undefined`: nobody is there to sign in. */
  readonly open: ((url: string) => unknown) | undefined;
  readonly signInTimeoutMs: number;
  readonly fetchFn: OAuthFetch;
  readonly now?: () => number;
}

const PASSING: ReadonlySet<McpGatewayErrorCode> = new Set([
  'authorization_server_failed',
  'gateway_unreachable',
  'gateway_timeout',
] as const);

/** The refresh token is over, or the client that got it is. */
const SIGN_IN_OVER = new Set(['invalid_grant', 'invalid_client', 'unauthorized_client']);

/** Tokens of a person who signed in with a browser: kept, refreshed, and asked for again when they are revoked. */
export class PersonTokens implements AccessTokens {
  readonly #options: PersonTokensOptions;
  #signIn: StoredSignIn | undefined;
  #renewing: Promise<StoredSignIn | undefined> | undefined;
  #asking: Promise<StoredSignIn | undefined> | undefined;
  #askedScope: string | undefined;

  constructor(options: PersonTokensOptions) {
    this.#options = options;
  }

  /**
   * The same tokens, for who needs one scope of several. Somebody who signed in without it is asked once more; `asked`
   * is what a sign-in from nothing asks for.
   */
  withScope(scope: string, asked: string = scope): AccessTokens {
    return {
      current: async () => {
        this.#signIn ??= await this.#options.store.read();
        const lacks = this.#signIn?.tokens && !includes(this.#signIn.tokens.scope ?? scope, scope);
        // Declined once, it is not asked for again: the gateway says what that means.
        return lacks && !includes(this.#askedScope, scope)
          ? this.askForAnother(undefined, { error: 'insufficient_scope', scope })
          : this.current({ scope: asked });
      },
      another: (refused, challenge) => this.another(refused, challenge),
      askForAnother: (refused, challenge) => this.askForAnother(refused, { scope: asked, ...challenge }),
    };
  }

  /** The tokens, signing in if it takes that; with a resource nothing is known about, only what is kept. */
  async current(challenge: TokenChallenge = {}): Promise<string | undefined> {
    this.#signIn ??= await this.#options.store.read();
    const kept = this.#signIn?.tokens;
    if (kept && isFresh(kept, this.#now())) return kept.accessToken;
    if (kept === undefined && this.#options.resource.metadataUrl === undefined) return undefined;
    try {
      return (await this.another(undefined, {})) ?? (await this.askForAnother(undefined, challenge));
    } catch (error) {
      // Renewed before its time: while the server has trouble, it will do.
      const passing = error instanceof McpGatewayError && PASSING.has(error.code);
      if (passing && kept?.expiresAtMs !== undefined && kept.expiresAtMs > this.#now()) return kept.accessToken;
      throw error;
    }
  }

  async another(refused: string | undefined, challenge: TokenChallenge): Promise<string | undefined> {
    if (challenge.error === 'insufficient_scope') return undefined;
    this.#renewing ??= this.#renew(refused, challenge).finally(() => {
      this.#renewing = undefined;
    });
    const token = (await this.#renewing)?.tokens?.accessToken;
    return token === refused ? undefined : token;
  }

  async askForAnother(_refused: string | undefined, challenge: TokenChallenge): Promise<string | undefined> {
    this.#requireOpener();
    const signIn = await this.#askOnce(async () => {
      if (challenge.error === 'insufficient_scope') return this.#stepUp(challenge);
      const source = await this.#discover(challenge);
      return this.#ask(source, source.scope);
    });
    return signIn?.tokens?.accessToken;
  }

  /** What is kept, without asking anybody. */
  kept(): Promise<StoredSignIn | undefined> {
    return this.#options.store.read();
  }

  /** Signs in anew, whatever is kept; for one scope, if it is named. */
  async signIn(scope?: string): Promise<StoredSignIn> {
    this.#requireOpener();
    const source = await this.#discover({ scope });
    return this.#ask(source, source.scope);
  }

  /** Forgets the sign-in and ends it at the server; what is forgotten stays so if the server cannot be reached. */
  async signOut(): Promise<boolean> {
    const kept = await this.#options.store.read();
    this.#signIn = undefined;
    await this.#options.store.forget();
    const token = kept?.tokens?.refreshToken;
    if (kept === undefined || token === undefined) return kept !== undefined;
    const { server, issuer } = await this.#discover({});
    const endpoint = (server as { revocation_endpoint?: unknown }).revocation_endpoint;
    if (issuer !== kept.issuer || typeof endpoint !== 'string') return true;
    // RFC 7009 §2.1
    const body = new URLSearchParams({ token, token_type_hint: 'refresh_token', client_id: kept.client.clientId });
    const answer = await this.#options.fetchFn(endpoint, { method: 'POST', body });
    if (answer.ok) return true;
    throw new McpGatewayError(
      'authorization_server_failed',
      `Signed out on this machine, but ${issuer} answered ${answer.status} to ending the sign-in there`,
      'Revoke it on the gateway’s account page.',
    );
  }

  /** Callers at the same time share one browser window. */
  #askOnce(work: () => Promise<StoredSignIn | undefined>): Promise<StoredSignIn | undefined> {
    this.#asking ??= work().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renew(refused: string | undefined, challenge: TokenChallenge): Promise<StoredSignIn | undefined> {
    const { store } = this.#options;
    const kept = await store.read();
    if (kept?.tokens === undefined) return undefined;
    const source = await this.#discover(challenge);
    const renewed = await store.alone(() => this.#refresh(source, refused));
    if (renewed) this.#signIn = renewed;
    return renewed;
  }

  /** What another process got meanwhile, else by the refresh token; `undefined` if a person has to sign in. */
  async #refresh(source: TokenSource, refused: string | undefined): Promise<StoredSignIn | undefined> {
    const { store, fetchFn } = this.#options;
    const kept = await store.read();
    // Tokens go to no other issuer than the one that gave them, whatever the resource says by now.
    if (!kept?.tokens || kept.issuer !== source.issuer || kept.resource !== source.resource) return undefined;
    if (isFresh(kept.tokens, this.#now()) && kept.tokens.accessToken !== refused) return kept;
    const { refreshToken, scope } = kept.tokens;
    if (refreshToken === undefined) return undefined;
    const { refreshAuthorization } = await officialClient('Signing in');
    try {
      const tokens = await refreshAuthorization(source.issuer, {
        metadata: source.server,
        clientInformation: clientInformation(kept.client),
        refreshToken,
        resource: source.resource,
        fetchFn,
      });
      const renewed = { ...kept, tokens: storedTokens(tokens, scope, this.#now(), refreshToken) };
      await store.write(renewed);
      return renewed;
    } catch (error) {
      const reason = oauthReason(error);
      if (reason === undefined || !SIGN_IN_OVER.has(reason)) throw tokenFailure(error, source.issuer);
      this.#signIn = undefined;
      await store.forget();
      return undefined;
    }
  }

  /** Signs in for more than before; `undefined` if that was asked for already. */
  async #stepUp(challenge: TokenChallenge): Promise<StoredSignIn | undefined> {
    const { computeScopeUnion, isStrictScopeSuperset } = await officialClient('Signing in');
    const before = computeScopeUnion(this.#askedScope, this.#signIn?.tokens?.scope);
    const scope = computeScopeUnion(before, challenge.scope);
    if (!isStrictScopeSuperset(scope, before)) return undefined;
    return this.#ask(await this.#discover(challenge), scope);
  }

  async #ask(source: TokenSource, scope: string | undefined): Promise<StoredSignIn> {
    const { store, client, gatewayUrl, signInTimeoutMs, fetchFn } = this.#options;
    const open = this.#requireOpener();
    requireOffered(scope, source);
    const kept = await store.read();
    const earlier = kept?.issuer === source.issuer ? kept.client : undefined;
    this.#askedScope = scope;
    const signIn = await signInPerson({
      source,
      gatewayUrl,
      client,
      earlier,
      scope,
      open,
      timeoutMs: signInTimeoutMs,
      fetchFn,
      now: () => this.#now(),
    });
    await store.write(signIn);
    this.#signIn = signIn;
    return signIn;
  }

  #requireOpener(): (url: string) => unknown {
    const { open, gatewayUrl } = this.#options;
    if (open) return open;
    throw new McpGatewayError(
      'sign_in_required',
      `Nobody is signed in to ${gatewayUrl}`,
      'Sign in first: "mcp-gateway login", or gateway.signIn() in a program.',
    );
  }

  #discover(challenge: TokenChallenge): Promise<TokenSource> {
    const { resource, fetchFn } = this.#options;
    return discoverTokenSource(resource, challenge, fetchFn);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

/** Told here rather than by the authorization server, whose page would say no more than `invalid_scope`. */
function requireOffered(scope: string | undefined, { offered, resource }: TokenSource): void {
  if (!includes(scope, CONNECTIONS_SCOPE) || offered?.includes(CONNECTIONS_SCOPE) !== false) return;
  throw new McpGatewayError(
    'not_found',
    `People connect no accounts at ${new URL(resource).origin}`,
    'Its operator has to configure a platform first; check that the URL is the right gateway’s.',
  );
}

function includes(scopes: string | undefined, scope: string): boolean {
  return scopes?.split(' ').includes(scope) ?? false;
}
