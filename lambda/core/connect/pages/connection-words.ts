import type { ConnectionFacts, ConnectionRecord } from '../../../contract/connection-record';
import { type Html, html } from '../../authz/pages/html';
import { hostWords, literal, nameOf } from '../../authz/pages/shown';
import type { Returned } from '../give-back';

/** Whose account it is, as the platform names it. An MCP server has no way to: where it is has to do. */
export function accountWords({ account, pinned }: Pick<ConnectionFacts, 'account' | 'pinned'>): Html {
  if (account === undefined) {
    return pinned !== undefined && URL.canParse(pinned.resource)
      ? html`${hostWords(new URL(pinned.resource).host)}, which does not tell whose account it is`
      : html`an account the platform does not name`;
  }
  const name = account.name === undefined ? literal(account.id) : nameOf(account.name, 'an account without a name');
  const workspace = account.workspaceName ?? account.workspaceId;
  return workspace === undefined ? name : html`${name} (${nameOf(workspace, 'a workspace without a name')})`;
}

/** What is asked of the platform itself, and named in no answer about what a token may do (OpenID Connect Core §5.4, §11). */
const UNCONFIRMED = new Set(['openid', 'profile', 'email', 'offline_access', 'offline', 'refresh_token']);

/** Asked for and not confirmed. */
export function missingScopes(asked: readonly string[], { facts }: Pick<ConnectionRecord, 'facts'>): readonly string[] {
  return facts.kind === 'key' ? [] : asked.filter((scope) => !facts.scopes.includes(scope) && !UNCONFIRMED.has(scope));
}

/** What the person may have to do at the platform. */
export function returnedWords(returned: Returned): Html {
  switch (returned) {
    case 'returned':
      return html`What you had allowed there was given back.`;
    case 'shared':
      return html`What you had allowed there stays, as the account that is connected needs it.`;
    default:
      return html`What you had allowed there could not be given back: remove this gateway in your settings there.`;
  }
}

/** A comma between each. */
export function scopeList(scopes: readonly string[]): Html {
  return html`${scopes.map((scope, i) => html`${i === 0 ? '' : ', '}${literal(scope)}`)}`;
}
