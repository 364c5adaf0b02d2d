import type { BrandingConfig } from '../../../config/gateway-config';
import type { GrantRecord, PersonRecord } from '../../../contract/auth-record';
import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../../authz/http';
import { clientName, clientStanding } from '../../authz/pages/client-words';
import { destinationOf } from '../../authz/pages/destination';
import { type Html, html } from '../../authz/pages/html';
import { ICONS } from '../../authz/pages/icons';
import { pageAnswer } from '../../authz/pages/layout';
import { permissionWords } from '../../authz/pages/permission-words';
import { hostWords, nameOf } from '../../authz/pages/shown';
import { agoWords } from '../../authz/pages/time-words';
import type { OwnPlatform, OwnPlatforms } from '../own-platforms';
import { accountForm } from './account-form';
import { noticeWords } from './notice-words';
import { platformSection } from './platform-section';

export interface AccountPageModel {
  /** Without a slash at the end; with a path where the API has no domain of its own. */
  readonly gatewayUrl: string;
  readonly branding: BrandingConfig;
  readonly person: Pick<PersonRecord, 'displayName'>;
  /** Those that count, in the order they are shown. */
  readonly grants: readonly GrantRecord[];
  readonly platforms: OwnPlatforms;
  readonly upstreamNames: readonly string[];
  readonly csrf: string;
  readonly nowMs: number;
  readonly notice?: AccountNotice | undefined;
}

/** What was just done, told once. */
export type AccountNotice =
  | { readonly kind: 'revoked' | 'all-revoked' }
  | {
      readonly kind: 'connected' | 'disconnected' | 'disconnected-here' | 'not-connected';
      readonly platform: OwnPlatform;
    };

/** A person's own page: the agents that act for them and the accounts they act with, and an end to each. */
export function accountPage(model: AccountPageModel): AuthzAnswer {
  const { branding, person, grants, notice, platforms } = model;
  const main = html`<div class="session"><p class="quiet">Signed in as <strong>${nameOf(person.displayName, 'A person without a name')}</strong></p>
${accountForm(model, PATHS.accountSignOut, {}, html`<button>Sign out</button>`)}</div>
${notice && html`<p class="done mark" role="status">${ICONS.verified}<span>${noticeWords(notice)}</span></p>`}
<section aria-labelledby="agents">
<h1 id="agents">Agents that act for you</h1>
${grants.length === 0 ? NONE : grantList(model)}
</section>
${platforms === 'unavailable' || platforms.length > 0 ? platformSection(model) : undefined}`;
  return pageAnswer({ branding, title: 'Your account', main });
}

const NONE = html`<p>No agent acts for you. To let one, add this gateway’s address to it and sign in from there.</p>`;

function grantList(model: AccountPageModel): Html {
  const { grants } = model;
  return html`<p class="quiet">You have let these programs use tools in your name. Revoke those you do not know or no longer use.</p>
<ul class="agents">
${grants.map((grant, i) => grantItem(model, grant, i + 1))}
</ul>
${grants.length > 1 ? revokeAll(model) : undefined}`;
}

function grantItem(model: AccountPageModel, grant: GrantRecord, place: number): Html {
  const destination = grant.redirectUri === undefined ? undefined : destinationOf(grant.redirectUri);
  const button = html`<button aria-labelledby="revoke-${place} agent-${place}" id="revoke-${place}">Revoke</button>`;
  return html`<li><div>
<h2 id="agent-${place}">${clientName(grant.client)}</h2>
${clientStanding(grant.client, destination)}
<ul>${permissionWords(grant, model).map((words) => html`<li>${words}</li>`)}</ul>
<p class="quiet">Allowed ${agoWords(grant.createdAtMs, model.nowMs)}${usedWords(grant, model.nowMs)}${
    destination?.kind === 'web' && destination.host !== grant.client.host
      ? html` · answer went to ${hostWords(destination.host)}`
      : undefined
  }</p>
</div>
${accountForm(model, PATHS.accountRevoke, { grant: grant.grantId }, button)}</li>
`;
}

function usedWords({ phase, lastUsedAtMs }: GrantRecord, nowMs: number): Html {
  if (phase === 'code') return html` · being connected`;
  return lastUsedAtMs === undefined ? html` · not used yet` : html` · last used ${agoWords(lastUsedAtMs, nowMs)}`;
}

/** Asks once more without a script: the button is behind a line that has to be opened. */
function revokeAll(model: AccountPageModel): Html {
  const button = html`<button class="main">Revoke all ${model.grants.length}</button>`;
  return html`<details><summary>Revoke all agents</summary>
<p>Every agent above stops acting for you, and has to ask you again.</p>
${accountForm(model, PATHS.accountRevoke, { grant: ALL_GRANTS }, button)}
</details>`;
}

/** In place of a grant id. A grant id is base64url and has no such form. */
export const ALL_GRANTS = '*';
