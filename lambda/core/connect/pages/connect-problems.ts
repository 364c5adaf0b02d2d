import type { ProblemWords } from '../../authz/pages/page-problems';

export type ConnectProblem = keyof typeof CONNECT_PROBLEMS;

const BEGIN = 'Begin again from your account page, or ask your agent for a new link.';

/** Fixed words, as those of a sign-in. Nothing a platform or a link says appears here. */
export const CONNECT_PROBLEMS = {
  unknown_platform: {
    status: 404,
    title: 'This platform is not offered here',
    happened: 'The operator of this gateway has not set up any platform of this name.',
    next: 'Your account page shows those you can connect.',
  },
  platform_off: {
    status: 403,
    title: 'This platform is switched off',
    happened: 'The operator of this gateway has switched it off. Nothing was connected.',
    next: 'If you think this is a mistake, ask the operator and quote the reference below.',
  },
  link_for_other: {
    status: 403,
    title: 'This link was made for someone else',
    happened:
      'It asks another person to connect an account, and you are signed in as yourself. Had it worked, that person’s agents could have used your account. Nothing was done.',
    next: 'If somebody sent it to you, tell the operator of this gateway and quote the reference below. If both accounts are yours, sign in with the other one.',
  },
  link_over: {
    status: 400,
    title: 'This link does not work any more',
    happened: 'It is more than ten minutes old, was made for another platform, or was changed on the way.',
    next: 'Ask your agent for a new one, or connect the platform from your account page.',
  },
  link_used: {
    status: 400,
    title: 'This link was used already',
    happened: 'Each link works once: an account was connected by this one, or could not be kept.',
    next: 'Your account page shows which. If it is not connected there, connect it there, or ask your agent for a new link.',
  },
  other_browser: {
    status: 400,
    title: 'This was not started here',
    happened: 'It began in another browser, or this browser does not keep cookies of this site. Nothing was connected.',
    next: 'If somebody sent you this link, close the page: it would have connected their account in your name.',
  },
  attempt_over: {
    status: 400,
    title: 'This attempt is over',
    happened: 'It took more than ten minutes, or was answered already. Your account page shows what is connected.',
    next: BEGIN,
  },
  person_changed: {
    status: 403,
    title: 'Somebody else is signed in now',
    happened: 'Another person began to connect this account, and you are signed in here since. Nothing was connected.',
    next: 'Whoever it is for signs in again and begins anew.',
  },
  denied: {
    status: 400,
    title: 'Nothing was connected',
    happened: 'The platform says that you did not allow it, or that your account may not.',
    next: 'If that was not meant, try again. Some organisations have to approve an application first: their administrator can.',
  },
  platform_refused: {
    status: 400,
    title: 'The platform’s answer was not accepted',
    happened: 'It was refused, incomplete, or not one to believe. Nothing was connected.',
    next: 'Try again. If it persists, tell the operator of this gateway and quote the reference below.',
  },
  platform_misconfigured: {
    status: 502,
    title: 'The platform does not accept this gateway',
    happened: 'It does not know this gateway as an application of your company, or not with these settings.',
    next: 'You can do nothing about it: tell the operator of this gateway and quote the reference below.',
  },
  platform_unavailable: {
    status: 503,
    title: 'The platform does not answer',
    happened: 'It failed, or took too long. Nothing was connected.',
    next: 'Wait a minute and try again.',
  },
  account_not_allowed: {
    status: 403,
    title: 'This account may not be connected',
    happened: 'The operator of this gateway allows only accounts of certain organisations. Nothing was kept here.',
    next: 'Try again, and choose an account of your organisation at the platform.',
  },
  account_unknown: {
    status: 503,
    title: 'The platform did not say whose account it is',
    happened:
      'The operator of this gateway allows only accounts of certain organisations, and which one this is could not be found out. Nothing was kept here.',
    next: 'Wait a minute and try again. At the platform, let it tell who you are.',
  },
  not_kept: {
    status: 503,
    title: 'The account could not be kept',
    happened: 'A service behind this gateway failed. Nothing was kept here.',
    next: 'Wait a minute and try again.',
  },
  perhaps_kept: {
    status: 503,
    title: 'It is not known whether the account is connected',
    happened:
      'A service behind this gateway failed while it was kept. Nothing was given back at the platform, as it may be in use.',
    next: 'Wait a minute and look at your account page. If it is not connected there, connect it again.',
  },
  key_perhaps_kept: {
    status: 503,
    title: 'It is not known whether the key is stored',
    happened:
      'A service behind this gateway failed while it was stored. It may have taken the place of an earlier one.',
    next: 'Wait a minute and look at your account page. If it is not connected there, store the key again.',
  },
  not_disconnected: {
    status: 503,
    title: 'The account may still be connected',
    happened:
      'A service behind this gateway failed while it was disconnected. It may be gone here, and the platform may not have been told.',
    next: 'Wait a minute and look at your account page. If it is connected there, disconnect it again; if not, remove this gateway in your settings at the platform as well.',
  },
} as const satisfies Readonly<Record<string, ProblemWords>>;
