import type { GrantRecord } from '../../../contract/auth-record';
import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../http';
import { clientName, clientStanding } from './client-words';
import { destinationOf } from './destination';
import { type Html, html } from './html';
import { ICONS } from './icons';
import { pageAnswer } from './layout';
import type { AccountNotice, AccountPageModel } from './models';
import { permissionWords } from './permission-words';
import { hostWords, nameOf } from './shown';
import { agoWords } from './time-words';

const NOTICES: Readonly<Record<AccountNotice, string>> = {
  revoked: 'Access is revoked. The agent can no longer act for you.',
  'all-revoked': 'All access is revoked. No agent can act for you any more.',
};

export function isAccountNotice(text: string | undefined): text is AccountNotice {
  return text !== undefined && Object.hasOwn(NOTICES, text);
}

/** A person's own page: the agents that act for them, and an end to each. */
export function accountPage(model: AccountPageModel): AuthzAnswer {
  const { branding, person, grants, notice } = model;
  const main = html`<div class="session"><p class="quiet">Signed in as <strong>${nameOf(person.displayName, 'A person without a name')}</strong></p>
${form(model, PATHS.accountSignOut, undefined, html`<button>Sign out</button>`)}</div>
${notice && html`<p class="done mark" role="status">${ICONS.verified}<span>${NOTICES[notice]}</span></p>`}
<section aria-labelledby="agents">
<h1 id="agents">Agents that act for you</h1>
${grants.length === 0 ? NONE : grantList(model)}
</section>`;
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
${form(model, PATHS.accountRevoke, grant.grantId, button)}</li>
`;
}

function usedWords({ phase, lastUsedAtMs }: GrantRecord, nowMs: number): Html {
  if (phase === 'code') return html` · being connected`;
  return lastUsedAtMs === undefined ? html` · not used yet` : html` · last used ${agoWords(lastUsedAtMs, nowMs)}`;
}

/** Asks once more without a script: the button is behind a line that has to be opened. */
function revokeAll(model: AccountPageModel): Html {
  return html`<details><summary>Revoke all agents</summary>
<p>Every agent above stops acting for you, and has to ask you again.</p>
${form(model, PATHS.accountRevoke, ALL_GRANTS, html`<button class="main">Revoke all ${model.grants.length}</button>`)}
</details>`;
}

/** In place of a grant id. A grant id is base64url and has no such form. */
export const ALL_GRANTS = '*';

function form({ gatewayUrl, csrf }: AccountPageModel, action: string, grantId: string | undefined, button: Html): Html {
  return html`<form method="post" action="${gatewayUrl + action}"><input type="hidden" name="csrf" value="${csrf}">${
    grantId === undefined ? undefined : html`<input type="hidden" name="grant" value="${grantId}">`
  }${button}</form>`;
}
