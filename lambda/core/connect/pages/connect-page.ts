import type { BrandingConfig } from '../../../config/gateway-config';
import type { PersonRecord } from '../../../contract/auth-record';
import type { ConnectionRecord } from '../../../contract/connection-record';
import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../../authz/http';
import { clientName, clientStanding } from '../../authz/pages/client-words';
import { destinationOf, formTargetsOf } from '../../authz/pages/destination';
import { type Html, html } from '../../authz/pages/html';
import { ICONS } from '../../authz/pages/icons';
import { pageAnswer } from '../../authz/pages/layout';
import { hostWords, literal, nameOf, shown } from '../../authz/pages/shown';
import { agoWords } from '../../authz/pages/time-words';
import type { Problem } from '../../vault/check-parts';
import type { ConnectableConfig } from '../connect-deps';
import { type OpenedLink, platformName } from '../offered-platform';
import { ownKeyShape, partField } from '../own-key-shape';
import { accountWords } from './connection-words';

/** What the page is made of. Of a key that was pasted, not even its length. */
export interface ConnectPageModel {
  readonly gatewayUrl: string;
  readonly branding: BrandingConfig;
  readonly person: Pick<PersonRecord, 'displayName'>;
  readonly provider: ConnectableConfig;
  readonly connection: ConnectionRecord | undefined;
  /** Of the agent that asked; absent where the person came by themselves. */
  readonly link?: OpenedLink | undefined;
  readonly csrf: string;
  readonly nowMs: number;
  /** Of the key that was just sent. */
  readonly problems?: readonly Problem[];
}

/** Who, where, what for, who sees it: before anybody is sent anywhere. */
export function connectPageAnswer(model: ConnectPageModel): AuthzAnswer {
  const { branding, gatewayUrl, provider, connection, problems = [] } = model;
  const name = platformName(provider);
  const main = html`<h1>Connect ${name}?</h1>
${problems.length > 0 ? problemList(problems) : undefined}
<dl>
<div><dt>You are</dt><dd><strong>${nameOf(model.person.displayName, 'A person without a name')}</strong><p class="quiet">Not you? Sign out on <a href="${gatewayUrl + PATHS.account}">your account page</a>, and begin again.</p></dd></div>
${model.link && html`<div><dt>Who asked</dt><dd>${agentWords(model.link)}</dd></div>`}
<div><dt>What is connected</dt><dd>${whatWords(provider, name)}${connection && html`<p class="quiet">Connected ${agoWords(connection.facts.connectedAtMs, model.nowMs)}${connection.facts.kind === 'key' ? undefined : html`: ${accountWords(connection.facts)}`}. This takes its place.</p>`}</dd></div>
<div><dt>What the gateway may do there</dt><dd>${rightsWords(provider, name)}</dd></div>
<div><dt>Who can use it</dt><dd>Agents you have let act for you, in your name, through ${endpointWords(provider.usedBy)}. Never anybody else’s.</dd></div>
<div><dt>Who can see it</dt><dd>No agent and no administrator sees ${provider.kind === 'key' ? 'the key' : 'the access itself'}. The operator sees that you are connected, and can end it.</dd></div>
<div><dt>How long</dt><dd>Until you disconnect it on <a href="${gatewayUrl + PATHS.account}">your account page</a></dd></div>
</dl>
<form method="post" action="${`${gatewayUrl + PATHS.connect}/${provider.name}`}" autocomplete="off">
<input type="hidden" name="csrf" value="${model.csrf}">
${model.link && html`<input type="hidden" name="e" value="${model.link.text}">`}
${provider.kind === 'key' ? keyFields(provider) : undefined}
<div class="choices">
<a class="button" href="${gatewayUrl + PATHS.account}">Cancel</a>
<button class="main armed">${provider.kind === 'key' ? html`Store the key` : html`<span>Continue to ${name}</span>`}</button>
</div>
</form>`;
  return pageAnswer({
    branding,
    title: 'Connect an account',
    main,
    status: problems.length > 0 ? 400 : 200,
    formTargets: formTargets(provider),
  });
}

/** Chromium holds `form-action` against every redirect behind the form, and platforms lead to sign-in pages elsewhere. */
function formTargets({ kind, facts, resource }: ConnectableConfig): readonly string[] {
  if (kind === 'key') return [];
  return formTargetsOf(facts.oauth?.authorizationEndpoint ?? resource ?? 'https:');
}

/** Names are anybody's to choose; what is known beside that stands below, as when the agent was let in. */
function agentWords({ ticket, grant }: OpenedLink): Html {
  if (ticket.grantId === undefined) return html`An agent that acts for you`;
  if (grant === undefined) return html`An agent that does not act for you any more`;
  const { client, redirectUri } = grant;
  const destination = redirectUri === undefined ? undefined : destinationOf(redirectUri);
  return html`<strong>${clientName(client)}</strong>, as it calls itself${clientStanding(client, destination)}`;
}

function whatWords({ kind, resource }: ConnectableConfig, name: Html): Html {
  if (kind === 'key') return html`A key of your own for ${name}`;
  const host = kind === 'mcp' && resource !== undefined ? html` at ${hostWords(new URL(resource).host)}` : undefined;
  return html`Your account at ${name}${host}. You choose it there.`;
}

function rightsWords({ kind, scopes }: ConnectableConfig, name: Html): Html {
  if (kind === 'key') return html`Whatever the key allows. Make one that allows no more than your agents need.`;
  if (scopes.length === 0) return html`What ${name} tells you on its own page, before you agree`;
  return html`<ul>${scopes.map((scope) => html`<li>${literal(scope)}</li>`)}</ul><p class="quiet">${name} explains each on its own page, before you agree.</p>`;
}

function endpointWords(usedBy: readonly string[]): Html {
  if (usedBy.length === 0) return html`this gateway`;
  return html`${usedBy.map((endpoint, i) => html`${i === 0 ? '' : i === usedBy.length - 1 ? ' and ' : ', '}<strong>${shown(endpoint)}</strong>`)}`;
}

/** Not kept by the browser, not corrected by it, and not in any address. */
function keyFields(provider: ConnectableConfig): Html {
  const { parts } = ownKeyShape(provider);
  const { help } = provider.facts.apiKey ?? {};
  return html`${help !== undefined && /^https:\/\//.test(help) ? html`<p>Where to get one: <a href="${help}" target="_blank" rel="noopener noreferrer">${shown(help)}</a></p>` : undefined}
${parts.map(
  (part) => html`<p class="field"><label for="part-${part}">${parts.length === 1 ? 'Key' : literal(part)}</label>
<input id="part-${part}" name="${partField(part)}" type="password" required autocomplete="off" spellcheck="false" autocapitalize="off"></p>
`,
)}<p class="quiet">It is sealed at once and never shown again, to you neither.</p>`;
}

function problemList(problems: readonly Problem[]): Html {
  return html`<div class="warn" role="alert"><p class="mark">${ICONS.caution}<span>The key was not stored.</span></p>
<ul>${problems.map(({ problem, fix }) => html`<li>${problem}: ${fix}</li>`)}</ul></div>`;
}
