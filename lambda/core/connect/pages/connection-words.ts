import type { ConnectedAccount, ConnectionProblem, ConnectionRecord } from '../../../contract/connection-record';
import { type Html, html } from '../../authz/pages/html';
import { literal, nameOf } from '../../authz/pages/shown';

/** Whose account it is, as the platform names it. */
export function accountWords(account: ConnectedAccount | undefined): Html {
  if (account === undefined) return html`an account the platform does not name`;
  const name = account.name === undefined ? literal(account.id) : nameOf(account.name, 'an account without a name');
  const workspace = account.workspaceName ?? account.workspaceId;
  return workspace === undefined ? name : html`${name} (${nameOf(workspace, 'a workspace without a name')})`;
}

/** What the person should know of a failure, and whether there is anything to do. */
const PROBLEMS: Readonly<Record<ConnectionProblem, string>> = {
  refresh_token_refused: 'The platform has ended the connection. Connect again.',
  no_refresh_token: 'The connection has run out, and this platform does not prolong it. Connect again.',
  access_revoked: 'Access was taken back at the platform. Connect again.',
  answer_lost: 'An answer of the platform got lost, and with it the key to go on. Connect again.',
  provider_unavailable: 'The platform did not answer. The gateway goes on trying.',
  provider_refused:
    'The platform refused to prolong the connection. The gateway goes on trying; the operator may have to do something.',
  unreadable: 'What was stored cannot be read. Connect again.',
};

export function problemWords(code: ConnectionProblem): string {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : 'The connection does not work. Connect again.';
}

/** Asked for and not given. */
export function missingScopes(asked: readonly string[], { facts }: Pick<ConnectionRecord, 'facts'>): readonly string[] {
  return facts.kind === 'key' ? [] : asked.filter((scope) => !facts.scopes.includes(scope));
}

/** A comma between each. */
export function scopeList(scopes: readonly string[]): Html {
  return html`${scopes.map((scope, i) => html`${i === 0 ? '' : ', '}${literal(scope)}`)}`;
}
