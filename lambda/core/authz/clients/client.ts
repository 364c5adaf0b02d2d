import type { ClientFacts } from '../../../contract/auth-record';
import { hashOf } from '../handle';

/** A client, whichever way it is known. */
export interface Client extends ClientFacts {
  /** As they may be used, but for the port of a loopback address. Empty for a machine. */
  readonly redirectUris: readonly string[];
  /** `client_credentials` for registered clients only. */
  readonly grantTypes: readonly string[];
  /** Public keys. A client that authenticates by `none` may have some as well: what it signs, it can be held to. */
  readonly jwks?: { readonly keys: readonly object[] };
  readonly jwksUri?: string;
}

/** Why a client id leads to no client. */
export interface ClientProblem {
  /**
   * `unknown`: nobody has this id. `host_not_allowed`: its document would be on a host the operator does not trust.
   * `document_refused`: there is one, and it will not do. `document_unreachable`: try again later. `unavailable`: the
   * gateway's own table does not answer.
   */
  readonly kind: 'unknown' | 'host_not_allowed' | 'document_refused' | 'document_unreachable' | 'unavailable';
  /** Of the client id, where it is an address that passed as one. */
  readonly host?: string;
  /** For the log only. */
  readonly cause: string;
}

/** How keys of the table name a client: its id is a stranger's text. */
export function clientHash(clientId: string): string {
  return hashOf(clientId);
}

/** What a transaction and a grant keep of a client. */
export function factsOf({ clientId, kind, name, host, authentication }: Client): ClientFacts {
  return { clientId, kind, name, ...(host === undefined ? {} : { host }), authentication };
}
