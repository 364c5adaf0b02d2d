import type { BrandingConfig } from '../../../config/gateway-config';
import type { AuthorizationRequestRecord, PersonRecord } from '../../../contract/auth-record';
import type { Html } from './html';
import type { PageProblem, ProblemWords } from './page-problems';

/** What the consent page is made of: records as they are stored, and no text of a request. */
export interface ConsentPageModel {
  /** Without a slash at the end; with a path where the API has no domain of its own. */
  readonly gatewayUrl: string;
  readonly branding: BrandingConfig;
  readonly request: Pick<AuthorizationRequestRecord, 'client' | 'redirectUri' | 'scopes' | 'resource'>;
  readonly person: Pick<PersonRecord, 'displayName'>;
  readonly upstreamNames: readonly string[];
  /** Issuer of the company's identity provider: where to sign out for being somebody else. */
  readonly identityProvider: string;
  readonly grantIdleSeconds: number;
  readonly grantMaxSeconds: number;
  /** Tag of the sign-in; names no secret. */
  readonly tx: string;
  readonly csrf: string;
}

interface RefusalModel {
  readonly branding: BrandingConfig;
  /** By which the operator finds the line in the log. */
  readonly requestId: string;
  /** A page of ours to go on with. */
  readonly link?: { readonly href: string; readonly text: string } | undefined;
  readonly cookies?: readonly string[] | undefined;
}

export interface ErrorPageModel extends RefusalModel {
  readonly problem: PageProblem;
  /** Host of the client, for `client_not_allowed` and `client_unreachable`: what the operator would have to allow. */
  readonly host?: string | undefined;
}

export interface ProblemPageModel extends RefusalModel {
  readonly words: ProblemWords;
  /** What it is about: a web address, a platform, an account. */
  readonly detail?: Html | undefined;
}

/** Where an answer goes, as far as its address tells. */
export interface RedirectModel {
  /**
   * `web`: a site. `loopback`: a program on the person's computer, nobody can tell which. `app`: whatever the system
   * has for the scheme (RFC 8252 §7.1).
   */
  readonly kind: 'web' | 'loopback' | 'app';
  /** With the port; of an app, its scheme with the colon. */
  readonly host: string;
}
