import type { ConnectionProblem } from './connection-record';

/** What the refresher function is invoked with. It has no HTTP route; only functions of the gateway may invoke it. */
export type RefresherRequest =
  /** By `mcp`, waiting: the token has expired, is about to, or was refused (401). */
  | {
      readonly action: 'refresh';
      readonly subject: string;
      readonly provider: string;
      /** The version whose token does not do; a newer one that has not expired is answer enough. */
      readonly version: number;
      readonly reason: 'expired' | 'refused';
    }
  /** By `mcp`, not waiting: at most once an hour per connection. */
  | { readonly action: 'touch'; readonly subject: string; readonly provider: string }
  /** By `connect` and `grants`, waiting: delete, then revoke at the provider. Absent connections are fine. */
  | { readonly action: 'disconnect'; readonly subject: string; readonly provider: string; readonly by: string }
  /** By `connect`, not waiting, after a reconnect has replaced a connection: what is sealed here is to be revoked. */
  | {
      readonly action: 'revoke';
      readonly subject: string;
      readonly provider: string;
      /** The record that was replaced. */
      readonly version: number;
      readonly facts: unknown;
      readonly refresh: string;
    }
  /** By the schedule. */
  | { readonly action: 'sweep' };

export type RefresherAnswer =
  /** The record holds a token that is to be tried, of this version. */
  | { readonly outcome: 'ready'; readonly version: number }
  | { readonly outcome: 'broken'; readonly problem: ConnectionProblem }
  /** Nothing to be done now; the old token stays. */
  | { readonly outcome: 'unavailable'; readonly problem: ConnectionProblem; readonly retryAtMs?: number }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'done'; readonly revokedAtProvider?: boolean }
  | { readonly outcome: 'swept'; readonly looked: number; readonly refreshed: number; readonly failed: number };
