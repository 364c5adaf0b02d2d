import type { ConnectionRecord } from '../../../contract/connection-record';
import { PATHS } from '../../../contract/paths';
import { connectPage } from '../../authz/own-page';
import { type Html, html } from '../../authz/pages/html';
import { ICONS } from '../../authz/pages/icons';
import { agoWords } from '../../authz/pages/time-words';
import { problemWords } from '../../connections/problem-words';
import { platformName } from '../offered-platform';
import type { OwnPlatform, OwnPlatforms } from '../own-platforms';
import { accountForm } from './account-form';
import { accountWords, missingScopes, scopeList } from './connection-words';

interface PlatformSectionModel {
  readonly gatewayUrl: string;
  readonly platforms: OwnPlatforms;
  readonly csrf: string;
  readonly nowMs: number;
}

/** What the person has linked, and what they could. */
export function platformSection(model: PlatformSectionModel): Html {
  const { platforms } = model;
  return html`<section aria-labelledby="accounts">
<h2 class="title" id="accounts">Connected accounts</h2>
${
  platforms === 'unavailable'
    ? html`<p class="warn mark">${ICONS.caution}<span>What is connected cannot be shown at the moment. Reload this page in a minute.</span></p>`
    : html`<p class="quiet">Agents you have let act for you use these accounts, and never see a password, a token or a key of them.</p>
<ul class="agents">
${platforms.map((platform, i) => platformItem(model, platform, i + 1))}
</ul>`
}
</section>`;
}

function platformItem(model: PlatformSectionModel, platform: OwnPlatform, place: number): Html {
  const { provider, connection, isOff } = platform;
  const id = `platform-${place}`;
  const buttons = [
    ...(isOff ? [] : [connectLink(model, platform, id)]),
    ...(connection === undefined ? [] : [disconnectForm(model, platform, id)]),
  ];
  return html`<li><div>
<h3 id="${id}">${platformName(provider)}</h3>
${isOff ? html`<p class="mark">${ICONS.caution}<span>Switched off by the operator of this gateway</span></p>` : undefined}
${connection === undefined ? html`<p class="quiet">Not connected</p>` : connectionWords(platform, connection, model.nowMs)}
</div>
<div class="buttons">${buttons}</div></li>
`;
}

function connectionWords({ provider }: OwnPlatform, connection: ConnectionRecord, nowMs: number): Html {
  const { facts, lastUsedAtMs } = connection;
  const missing = missingScopes(provider.scopes, connection);
  const used = lastUsedAtMs === undefined ? html`not used yet` : html`last used ${agoWords(lastUsedAtMs, nowMs)}`;
  return html`${stateWords(connection)}
<p>${facts.kind === 'key' ? html`Your own key` : accountWords(facts)}</p>
${facts.scopes.length === 0 ? undefined : html`<p class="quiet">May: ${scopeList(facts.scopes)}</p>`}
${missing.length === 0 ? undefined : html`<p class="quiet">Not confirmed: ${scopeList(missing)}. Connect again to change that.</p>`}
<p class="quiet">Connected ${agoWords(facts.connectedAtMs, nowMs)} · ${used}</p>
${facts.lastError && html`<p class="quiet">${problemWords(facts.lastError.code)} (${agoWords(facts.lastError.atMs, nowMs)})</p>`}`;
}

function stateWords({ status }: ConnectionRecord): Html {
  return status === 'active'
    ? html`<p class="mark good">${ICONS.verified}<span>Connected</span></p>`
    : html`<p class="mark">${ICONS.caution}<span>Does not work any more</span></p>`;
}

function connectLink({ gatewayUrl }: PlatformSectionModel, { provider, connection }: OwnPlatform, id: string): Html {
  const words = connection === undefined ? 'Connect' : provider.kind === 'key' ? 'Replace' : 'Connect again';
  return html`<a class="button" id="connect-${id}" aria-labelledby="connect-${id} ${id}" href="${gatewayUrl + connectPage(provider.name)}">${words}</a>`;
}

function disconnectForm(model: PlatformSectionModel, { provider }: OwnPlatform, id: string): Html {
  const button = html`<button id="disconnect-${id}" aria-labelledby="disconnect-${id} ${id}">Disconnect</button>`;
  return accountForm(model, PATHS.accountDisconnect, { platform: provider.name }, button);
}
