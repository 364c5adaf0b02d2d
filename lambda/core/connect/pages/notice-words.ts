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
      const account = connection?.facts.account;
      return html`${platformName(provider)} is connected${account && html` as <strong>${accountWords(account)}</strong>`}.`;
    }
    case 'disconnected':
      return html`${platformName(notice.platform.provider)} is not connected any more.`;
    case 'disconnected-here': {
      const name = platformName(notice.platform.provider);
      return html`${name} is not connected here any more. It was not told, or could not be: to be thorough, remove this gateway in your settings at ${name} as well.`;
    }
  }
}
