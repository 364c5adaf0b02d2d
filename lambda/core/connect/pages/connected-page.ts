import type { BrandingConfig } from '../../../config/gateway-config';
import type { ConnectionRecord } from '../../../contract/connection-record';
import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../../authz/http';
import { html } from '../../authz/pages/html';
import { ICONS } from '../../authz/pages/icons';
import { pageAnswer } from '../../authz/pages/layout';
import type { ConnectableConfig } from '../connect-deps';
import { platformName } from '../offered-platform';
import { accountWords, missingScopes, scopeList } from './connection-words';

export interface ConnectedPageModel {
  readonly gatewayUrl: string;
  readonly branding: BrandingConfig;
  readonly provider: ConnectableConfig;
  readonly connection: ConnectionRecord;
}

/** The end of a link an agent gave: back to the agent. */
export function connectedPage({ gatewayUrl, branding, provider, connection }: ConnectedPageModel): AuthzAnswer {
  const name = platformName(provider);
  const missing = missingScopes(provider.scopes, connection);
  const as = connection.facts.account && html` as <strong>${accountWords(connection.facts)}</strong>`;
  const main = html`<h1>${name} is connected</h1>
<p class="done mark" role="status">${ICONS.verified}<span>${name} is connected${as}.</span></p>
${missing.length === 0 ? undefined : html`<p class="warn mark">${ICONS.caution}<span>The platform did not confirm all that was asked for: ${scopeList(missing)}. Tools that need it will not work; connect again to change that.</span></p>`}
<p>You can close this page and go back to your agent. It goes on by itself, or asks you to try again.</p>
<p><a class="button" href="${gatewayUrl + PATHS.account}">Your account page</a></p>`;
  return pageAnswer({ branding, title: 'Connected', main });
}
