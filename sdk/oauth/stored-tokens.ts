import type { OAuthTokens } from '@modelcontextprotocol/client';
import type { StoredTokens } from './stored-sign-in';

/** A token is renewed when it has no more than this left: clocks differ, and a call takes its time. */
const MARGIN_MS = 30_000;

/** `asked`: what the tokens are for if the server does not say (RFC 6749 §5.1). */
export function storedTokens(
  tokens: OAuthTokens,
  asked: string | undefined,
  nowMs: number,
  earlierRefreshToken?: string,
): StoredTokens {
  const refreshToken = tokens.refresh_token ?? earlierRefreshToken;
  const scope = tokens.scope ?? asked;
  return {
    accessToken: tokens.access_token,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(tokens.expires_in === undefined ? {} : { expiresAtMs: nowMs + tokens.expires_in * 1000 }),
  };
}

export function isFresh({ expiresAtMs }: StoredTokens, nowMs: number): boolean {
  return expiresAtMs === undefined || expiresAtMs - MARGIN_MS > nowMs;
}
