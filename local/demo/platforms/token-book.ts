import { createHash } from 'node:crypto';
import type { DemoAccount } from './demo-account';
import type { PlatformCounts } from './platform-counts';
import type { PlatformKnobs } from './platform-knobs';

/** What a person has agreed to for one client. */
export interface PlatformGrant {
  readonly account: DemoAccount;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** A refresh token belongs to it. */
  readonly isOffline: boolean;
}

/** An agreement on its way to the client. */
export interface PlatformCode {
  readonly grant: PlatformGrant;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
}

export interface PlatformTokens {
  readonly grant: PlatformGrant;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** `undefined`: it never ends by itself. */
  readonly lifetimeSeconds: number | undefined;
}

export interface TokenRules {
  /** `single_use`: each refresh brings the next refresh token. `kept`: the first one stays. */
  readonly refreshTokens: 'single_use' | 'kept';
  /** A refresh ends the access token before, as GitHub does. */
  readonly refreshEndsAccessToken: boolean;
  readonly newAccessToken: () => string;
  readonly newRefreshToken: () => string;
}

interface AccessToken {
  readonly grant: PlatformGrant;
  readonly endsAtMs: number;
  isDead: boolean;
}

interface RefreshToken {
  readonly grant: PlatformGrant;
  /** Whose successor there is, since when. */
  usedAtMs: number | undefined;
}

/** Codes and tokens of one platform: what it has issued, what it has ended, and what somebody tried with either. */
export class TokenBook {
  readonly #rules: TokenRules;
  readonly #knobs: PlatformKnobs;
  readonly #counts: PlatformCounts;
  readonly #now: () => number;
  readonly #codes = new Map<string, PlatformCode>();
  readonly #access = new Map<string, AccessToken>();
  readonly #refresh = new Map<string, RefreshToken>();

  constructor(rules: TokenRules, knobs: PlatformKnobs, counts: PlatformCounts, now: () => number) {
    this.#rules = rules;
    this.#knobs = knobs;
    this.#counts = counts;
    this.#now = now;
  }

  addCode(code: string, issued: PlatformCode): void {
    this.#codes.set(code, issued);
  }

  /** Redeems a code once, for the client and address it was issued to, with the verifier it was bound to. */
  redeem(
    code: string,
    clientId: string,
    redirectUri: string,
    verifier: string | undefined,
  ): PlatformTokens | undefined {
    const issued = this.#codes.get(code);
    this.#codes.delete(code);
    if (issued === undefined || issued.grant.clientId !== clientId || issued.redirectUri !== redirectUri)
      return undefined;
    if (issued.challenge !== undefined && issued.challenge !== challengeOf(verifier ?? '')) return undefined;
    this.#counts.codesRedeemed += 1;
    return this.#issue(issued.grant, issued.grant.isOffline ? this.#newRefreshToken(issued.grant) : undefined);
  }

  /** New tokens for a refresh token; `undefined`, and counted, if it is none that lives. */
  refresh(token: string, clientId: string): PlatformTokens | undefined {
    const found = this.#refresh.get(token);
    if (found === undefined || found.grant.clientId !== clientId || !this.#isUsable(found)) {
      this.#counts.invalidGrants += 1;
      return undefined;
    }
    this.#counts.refreshes += 1;
    const { grant } = found;
    if (this.#rules.refreshEndsAccessToken) this.#endAccess((access) => access.grant === grant);
    if (this.#rules.refreshTokens === 'kept') return this.#issue(grant, undefined);
    found.usedAtMs ??= this.#now();
    return this.#issue(grant, this.#newRefreshToken(grant));
  }

  /** Whose token this is, if it works; what else comes is counted, unless nothing comes. */
  use(accessToken: string): PlatformGrant | undefined {
    if (accessToken === '') return undefined;
    const found = this.#access.get(accessToken);
    if (found === undefined || found.isDead) this.#counts.deadTokenUses += 1;
    else if (found.endsAtMs <= this.#now()) this.#counts.expiredTokenUses += 1;
    else {
      this.#counts.calls += 1;
      return found.grant;
    }
    return undefined;
  }

  /** The grant a token of either kind belongs to, if it has not been ended. Nothing is counted. */
  grantOf(token: string): PlatformGrant | undefined {
    const access = this.#access.get(token);
    return access?.isDead === false ? access.grant : this.#refresh.get(token)?.grant;
  }

  /** Ends a grant with all its tokens, older and newer ones. */
  endGrant(grant: PlatformGrant): void {
    this.#endAccess((access) => access.grant === grant);
    for (const [token, refresh] of this.#refresh) if (refresh.grant === grant) this.#refresh.delete(token);
  }

  /** Ends all that a client may do for an account, whenever it was granted. */
  endAll(clientId: string, account: DemoAccount): void {
    const grants = [...this.#access.values(), ...this.#refresh.values()].map(({ grant }) => grant);
    for (const grant of new Set(grants)) {
      if (grant.clientId === clientId && grant.account === account) this.endGrant(grant);
    }
  }

  /** Ends one token; those beside it live on. */
  endToken(token: string): void {
    this.#endAccess((access) => access === this.#access.get(token));
    this.#refresh.delete(token);
  }

  endAccessTokens(): void {
    this.#endAccess(() => true);
  }

  endRefreshTokens(): void {
    this.#refresh.clear();
  }

  get liveAccessTokens(): number {
    return [...this.#access.values()].filter(({ isDead, endsAtMs }) => !isDead && endsAtMs > this.#now()).length;
  }

  /** Those that would be accepted now. */
  get liveRefreshTokens(): number {
    return [...this.#refresh.values()].filter((token) => this.#isUsable(token)).length;
  }

  #isUsable({ usedAtMs }: RefreshToken): boolean {
    return usedAtMs === undefined || this.#now() < usedAtMs + this.#knobs.graceSeconds * 1000;
  }

  #issue(grant: PlatformGrant, refreshToken: string | undefined): PlatformTokens {
    const { tokenLifetimeSeconds: lifetimeSeconds } = this.#knobs;
    const accessToken = this.#rules.newAccessToken();
    const endsAtMs = lifetimeSeconds === undefined ? Number.POSITIVE_INFINITY : this.#now() + lifetimeSeconds * 1000;
    this.#access.set(accessToken, { grant, endsAtMs, isDead: false });
    return { grant, accessToken, refreshToken, lifetimeSeconds };
  }

  #newRefreshToken(grant: PlatformGrant): string {
    const token = this.#rules.newRefreshToken();
    this.#refresh.set(token, { grant, usedAtMs: undefined });
    return token;
  }

  #endAccess(isEnded: (token: AccessToken) => boolean): void {
    for (const token of this.#access.values()) if (isEnded(token)) token.isDead = true;
  }
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
