/** Why a sign-in ends on a page instead of at the client. */
export type PageProblem = keyof typeof PROBLEMS;

export interface ProblemWords {
  readonly status: number;
  readonly title: string;
  readonly happened: string;
  readonly next: string;
}

const AGAIN = 'Close this page and start again from your agent.';

/** Fixed words. What a request said never appears: whoever wrote the link would be speaking in our name. */
export const PROBLEMS = {
  bad_request: {
    status: 400,
    title: 'This link does not work',
    happened: 'The address that brought you here is incomplete or was changed on the way.',
    next: AGAIN,
  },
  unknown_client: {
    status: 400,
    title: 'This agent is not known here',
    happened: 'The program that sent you is not registered with this gateway, or its registration has expired.',
    next: 'Remove the gateway from your agent, add it again, and sign in. If that does not help, ask the operator of this gateway to register the agent.',
  },
  client_not_allowed: {
    status: 400,
    title: 'This agent is not allowed here',
    happened: 'The operator of this gateway has not allowed agents of this web address.',
    next: 'Ask the operator to allow it, and quote the reference below.',
  },
  client_unreachable: {
    status: 400,
    title: 'This agent could not be checked',
    happened: 'The web address that describes the program gave no answer that can be used.',
    next: 'Wait a minute and start again from your agent. If it persists, the maker of the agent has to mend it.',
  },
  redirect_not_registered: {
    status: 400,
    title: 'The answer would go astray',
    happened:
      'The program that sent you asks for the answer at an address it has not registered. This may be an attack.',
    next: 'Nothing was given away. Close this page, and start again only from an agent you trust.',
  },
  other_browser: {
    status: 400,
    title: 'This sign-in was not started here',
    happened: 'It began in another browser, or this browser does not keep cookies of this site.',
    next: 'If somebody sent you this link, close the page. Otherwise allow cookies, and start again from your agent.',
  },
  sign_in_over: {
    status: 400,
    title: 'This sign-in is over',
    happened: 'It took too long, or it was already answered.',
    next: AGAIN,
  },
  sign_in_failed: {
    status: 400,
    title: 'Sign-in failed',
    happened: 'The answer of your company’s sign-in service could not be accepted.',
    next: `${AGAIN} If it persists, tell the operator of this gateway and quote the reference below.`,
  },
  cross_site: {
    status: 403,
    title: 'This came from another site',
    happened: 'A page of another site tried to press a button here in your name. Nothing was done.',
    next: 'Close that other site. To do it yourself, open this page again and use its own buttons.',
  },
  stale_form: {
    status: 400,
    title: 'This page was out of date',
    happened: 'You have signed in again since it was opened, or its buttons were not ours. Nothing was done.',
    next: 'Open the page again and repeat what you wanted to do.',
  },
  not_allowed: {
    status: 403,
    title: 'You may not use this gateway',
    happened: 'You are signed in at your company, but nobody has given you access to this gateway.',
    next: 'Ask the operator for access. If you have another account, sign out at your company and start again.',
  },
  switched_off: {
    status: 403,
    title: 'Access is switched off',
    happened: 'The operator of this gateway has ended your access, or everybody’s. No agent can act for you.',
    next: 'If you think this is a mistake, ask the operator and quote the reference below.',
  },
  session_over: {
    status: 403,
    title: 'Your session has ended',
    happened: 'You were signed out, or an hour has passed. Nothing was changed.',
    next: 'Sign in again and repeat what you wanted to do.',
  },
  unavailable: {
    status: 503,
    title: 'This does not work at the moment',
    happened: 'A service behind this gateway gave no answer. Nothing was lost.',
    next: 'Wait a moment, then reload this page or start again from your agent.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    happened: 'The gateway failed. This is not your fault.',
    next: `${AGAIN} If it persists, tell the operator and quote the reference below.`,
  },
} as const satisfies Readonly<Record<string, ProblemWords>>;
