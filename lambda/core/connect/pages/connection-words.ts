import type { ConnectionFacts, ConnectionRecord } from '../../../contract/connection-record';
import { type Html, html } from '../../authz/pages/html';
import { hostWords, literal, nameOf } from '../../authz/pages/shown';

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

/** Asked for and not given. */
export function missingScopes(asked: readonly string[], { facts }: Pick<ConnectionRecord, 'facts'>): readonly string[] {
  return facts.kind === 'key' ? [] : asked.filter((scope) => !facts.scopes.includes(scope));
}

/** A comma between each. */
export function scopeList(scopes: readonly string[]): Html {
  return html`${scopes.map((scope, i) => html`${i === 0 ? '' : ', '}${literal(scope)}`)}`;
}
