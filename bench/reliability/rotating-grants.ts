import { randomBytes } from 'node:crypto';

export interface RotatingGrantsOptions {
  readonly now: () => number;
  /** For so long a used refresh token gets the same successor again; 0: never. */
  readonly graceMs: number;
  /** A refresh token that comes after its grace ends the whole grant (RFC 9700 §4.14.2). */
  readonly endsReusedGrants?: boolean;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface GrantCounts {
  /** Successors made. */
  readonly refreshes: number;
  /** Successors given again. */
  readonly repetitions: number;
  readonly refused: number;
  /** Calls with a token that a refresh had ended. */
  readonly deadTokenCalls: number;
}

interface Grant {
  readonly id: string;
  current: IssuedTokens;
  isEnded: boolean;
}

/**
 * The grants of a platform that is as strict as they come: a refresh token works once, and the access token dies with
 * it. Counts what a client does wrong.
 */
export class RotatingGrants {
  readonly #options: RotatingGrantsOptions;
  readonly #byRefreshToken = new Map<string, { readonly grant: Grant; usedAtMs?: number; successor?: IssuedTokens }>();
  readonly #byAccessToken = new Map<string, Grant>();
  readonly counts: { -readonly [K in keyof GrantCounts]: number } = {
    refreshes: 0,
    repetitions: 0,
    refused: 0,
    deadTokenCalls: 0,
  };

  constructor(options: RotatingGrantsOptions) {
    this.#options = options;
  }

  /** What a person's consent brings. */
  issue(): IssuedTokens {
    const grant: Grant = { id: randomBytes(6).toString('hex'), current: newTokens('first'), isEnded: false };
    this.#remember(grant, grant.current);
    return grant.current;
  }

  /** `undefined`: `invalid_grant`. */
  refresh(refreshToken: string): IssuedTokens | undefined {
    const known = this.#byRefreshToken.get(refreshToken);
    if (known === undefined || known.grant.isEnded) return this.#refuse();
    const { grant, usedAtMs, successor } = known;
    const nowMs = this.#options.now();
    if (usedAtMs === undefined || successor === undefined) {
      const tokens = newTokens(grant.id);
      known.usedAtMs = nowMs;
      known.successor = tokens;
      grant.current = tokens;
      this.#remember(grant, tokens);
      this.counts.refreshes += 1;
      return tokens;
    }
    if (nowMs - usedAtMs < this.#options.graceMs && grant.current === successor) {
      this.counts.repetitions += 1;
      return successor;
    }
    if (this.#options.endsReusedGrants) grant.isEnded = true;
    return this.#refuse();
  }

  /** Whether the platform's API takes a call with this token. */
  accepts(accessToken: string): boolean {
    const grant = this.#byAccessToken.get(accessToken);
    const isAlive = grant !== undefined && !grant.isEnded && grant.current.accessToken === accessToken;
    if (!isAlive) this.counts.deadTokenCalls += 1;
    return isAlive;
  }

  /** Ends the grant that a token is of. */
  revoke(token: string): boolean {
    const grant = this.#byRefreshToken.get(token)?.grant ?? this.#byAccessToken.get(token);
    if (grant !== undefined) grant.isEnded = true;
    return grant !== undefined;
  }

  /** Whether this is the refresh token that the next refresh needs. */
  isLive(refreshToken: string): boolean {
    const grant = this.#byRefreshToken.get(refreshToken)?.grant;
    return grant !== undefined && !grant.isEnded && grant.current.refreshToken === refreshToken;
  }

  #remember(grant: Grant, { accessToken, refreshToken }: IssuedTokens): void {
    this.#byRefreshToken.set(refreshToken, { grant });
    this.#byAccessToken.set(accessToken, grant);
  }

  #refuse(): undefined {
    this.counts.refused += 1;
    return undefined;
  }
}

function newTokens(of: string): IssuedTokens {
  const random = randomBytes(16).toString('hex');
  return { accessToken: `access-${of}-${random}`, refreshToken: `refresh-${of}-${random}` };
}
