import { PATHS } from '../../contract/paths';
import { clearCookie, SESSION_COOKIE } from '../authz/cookies';
import type { AuthzAnswer, AuthzRequest } from '../authz/http';
import { connectPage } from '../authz/own-page';
import { problemPage } from '../authz/pages/error-page';
import type { Html } from '../authz/pages/html';
import { type PageProblem, PROBLEMS } from '../authz/pages/page-problems';
import type { BackendFailure } from '../ports';
import type { AccountDeps } from './connect-deps';
import { CONNECT_PROBLEMS, type ConnectProblem } from './pages/connect-problems';

export interface Refusal {
  readonly problem: ConnectProblem | PageProblem;
  /** For the log. */
  readonly cause: string;
  /** What the page is about: a platform, an account. */
  readonly detail?: Html | undefined;
  /** Which platform to try again, and by which link. */
  readonly again?: string | undefined;
  readonly ticket?: string | undefined;
  readonly subject?: string | undefined;
  readonly cookies?: readonly string[] | undefined;
}

/** Where going to the account page would lead round in circles. */
const DEAD_ENDS: readonly (ConnectProblem | PageProblem)[] = ['switched_off'];

/** Nothing to try again: what is connected already, or cannot be, stands on the account page. */
const AT_ACCOUNT: readonly (ConnectProblem | PageProblem)[] = [
  'attempt_over',
  'link_over',
  'link_used',
  'other_browser',
  'person_changed',
  'platform_off',
  'unknown_platform',
];

/** Ends on a page: what happened, what to do, and the way to it. */
export function refuse(
  { problem, cause, detail, again, ticket, subject, cookies }: Refusal,
  { requestId }: Pick<AuthzRequest, 'requestId'>,
  { config, issuer, log }: Pick<AccountDeps, 'config' | 'issuer' | 'log'>,
): AuthzAnswer {
  log({ event: 'account.refused', outcome: problem, cause, requestId, subject });
  return problemPage({
    branding: config.branding,
    words: isOwn(problem) ? CONNECT_PROBLEMS[problem] : PROBLEMS[problem],
    requestId,
    detail,
    link: linkOf({ problem, again, ticket }, issuer),
    cookies: problem === 'session_over' ? [...(cookies ?? []), clearCookie(SESSION_COOKIE)] : cookies,
  });
}

/** A table or a key that gave no answer. */
export function unavailable(
  { service, name }: BackendFailure,
  request: Pick<AuthzRequest, 'requestId'>,
  deps: Pick<AccountDeps, 'config' | 'issuer' | 'log'>,
): AuthzAnswer {
  return refuse({ problem: 'unavailable', cause: `${service}.${name}` }, request, deps);
}

function linkOf({ problem, again, ticket }: Pick<Refusal, 'problem' | 'again' | 'ticket'>, issuer: string) {
  if (DEAD_ENDS.includes(problem)) return undefined;
  if (again !== undefined && !AT_ACCOUNT.includes(problem)) {
    return { href: issuer + connectPage(again, ticket), text: 'Try again' };
  }
  return { href: issuer + PATHS.account, text: problem === 'session_over' ? 'Sign in again' : 'Open the account page' };
}

function isOwn(problem: Refusal['problem']): problem is ConnectProblem {
  return Object.hasOwn(CONNECT_PROBLEMS, problem);
}
