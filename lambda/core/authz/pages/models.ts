import type { BrandingConfig } from '../../../config/gateway-config';
import type { ClientFacts } from '../../../contract/auth-record';

/** What the consent page shows. Every text in it but the branding is a stranger's: escape it. */
export interface ConsentPageModel {
  readonly branding: BrandingConfig;
  /** `host` is proven; a name never is. */
  readonly client: Pick<ClientFacts, 'name' | 'kind' | 'host'>;
  readonly redirect: RedirectModel;
  /** Who is signed in. */
  readonly person: string;
  /** URL of the endpoint the client would use. */
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Form fields `tx` and `csrf`, beside `decision`: `allow` or `deny`. */
  readonly tx: string;
  readonly csrf: string;
}

/** Where the answer goes. */
export interface RedirectModel {
  /** `claude.ai`, `127.0.0.1:33418`; of a private scheme the scheme with its colon, `cursor:`. */
  readonly host: string;
  /** `loopback`: any program on the person's computer could be listening there. `app`: any that claims the scheme. */
  readonly kind: 'web' | 'loopback' | 'app';
}

/** What went wrong, as far as a person can do something about it. */
export type PageProblem =
  /** Repeated or missing client_id, redirect_uri and the like: the agent's fault. */
  | 'invalid_request'
  | 'unknown_client'
  /** The client's host is not one the operator trusts. */
  | 'client_not_allowed'
  | 'client_document_refused'
  | 'client_document_unreachable'
  | 'redirect_not_registered'
  /** No cookie, a wrong state, expired, or already answered: start again at the agent. */
  | 'sign_in_over'
  /** Somebody else's page sent the form. */
  | 'cross_site'
  /** The IdP or the person said no, or the person may not use this gateway. */
  | 'access_denied'
  | 'idp_unavailable'
  | 'unavailable';

export interface ErrorPageModel {
  readonly branding: BrandingConfig;
  readonly status: number;
  readonly problem: PageProblem;
  /** Host of the client id, where that is what the problem is about. */
  readonly host?: string;
  /** What to tell an administrator. */
  readonly requestId: string;
}
