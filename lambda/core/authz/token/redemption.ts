import type { AuthItemKey, GrantRecord, RevocationReason } from '../../../contract/auth-record';
import type { GrantState } from '../../grant-state';
import type { OnceUse } from '../assertion';
import type { OAuthError } from '../oauth-error';
import type { Lifetime } from '../ports';

/** A grant as one read found it, with its switches. */
export interface FoundGrant extends GrantState {
  /** Of the grant's document; absent without one. */
  readonly version: number | undefined;
}

/** What a token request comes to, as far as the request alone can say. */
export interface Redemption {
  readonly subject: string;
  readonly grantId: string;
  /** The identity assertion, where one is redeemed. */
  readonly once?: OnceUse;
  /** What to do about it, seeing the grant of this id. Pure, and asked again if somebody else wrote first. */
  readonly decide: (found: FoundGrant, nowMs: number, grantId: string) => Decision;
}

export type Decision =
  | { readonly kind: 'refuse'; readonly error: OAuthError }
  /** This grant is over and another one counts in its place. */
  | { readonly kind: 'succeeded'; readonly grantId: string }
  | {
      /** A code or a refresh token that was used before: one of its two holders is a thief (RFC 9700 §4.14.2). */
      readonly kind: 'reused';
      readonly reason: Extract<RevocationReason, 'code_reused' | 'refresh_token_reused'>;
    }
  | Issue;

export interface Issue {
  readonly kind: 'issue';
  /** As it will be when the write is done. */
  readonly grant: GrantRecord;
  /** Of the access token; the grant may have more. */
  readonly scopes: readonly string[];
  /** The access token does not outlive this. Epoch ms. */
  readonly endsAtMs: number;
  /** The one conditional write; without one everything stays as it is. */
  readonly write?: GrantWrite;
  readonly hasRefreshToken: boolean;
}

export interface GrantWrite {
  readonly key: AuthItemKey;
  /** Replaces this version; absent: creates. */
  readonly version?: number;
  readonly lifetime: Lifetime;
}

export function refusal(error: OAuthError): Decision {
  return { kind: 'refuse', error };
}
