import type { ConnectionProblem } from '../../contract/connection-record';

/** What the person should know of a failure, and whether there is anything to do. */
const PROBLEMS: Readonly<Record<ConnectionProblem, string>> = {
  refresh_token_refused: 'The platform has ended the connection. Connect again.',
  no_refresh_token: 'The connection has run out, and this platform does not prolong it. Connect again.',
  access_revoked: 'The platform refuses this access; it may have been taken back there. Connect again.',
  answer_lost: 'An answer of the platform got lost, and with it the key to go on. Connect again.',
  provider_unavailable: 'The platform did not answer. The gateway goes on trying.',
  provider_refused:
    'The platform refused to prolong the connection. The gateway goes on trying; the operator may have to do something.',
  unreadable: 'What was stored cannot be read. Connect again.',
};

export function problemWords(code: ConnectionProblem): string {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : 'The connection does not work. Connect again.';
}
