import { type Html, html } from '../../authz/pages/html';
import { platformName } from '../offered-platform';
import type { AccountNotice } from './account-page';
import { accountWords } from './connection-words';

export function noticeWords(notice: AccountNotice): Html {
  switch (notice.kind) {
    case 'revoked':
      return html`Access is revoked. The agent can no longer act for you.`;
    case 'all-revoked':
      return html`All access is revoked. No agent can act for you any more.`;
    case 'connected': {
      const { provider, connection } = notice.platform;
      const as = connection?.facts.account && html` as <strong>${accountWords(connection.facts)}</strong>`;
      return html`${platformName(provider)} is connected${as}.`;
    }
    case 'disconnected':
      return html`${platformName(notice.platform.provider)} is not connected any more.`;
    case 'not-connected': {
      const name = platformName(notice.platform.provider);
      return html`${name} was not connected here any more. If disconnecting it failed before, ${name} may still list this gateway: to be thorough, remove it in your settings there.`;
    }
    case 'disconnected-here': {
      const name = platformName(notice.platform.provider);
      return html`${name} is not connected here any more. It was not told, or could not be: to be thorough, remove this gateway in your settings at ${name} as well.`;
    }
  }
}
