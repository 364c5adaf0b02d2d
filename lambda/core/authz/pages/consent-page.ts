import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../http';
import { clientName, clientStanding } from './client-words';
import { destinationOf, formTargetsOf } from './destination';
import { type Html, html } from './html';
import { ICONS } from './icons';
import { pageAnswer } from './layout';
import type { ConsentPageModel, RedirectModel } from './models';
import { permissionWords } from './permission-words';
import { hostWords, nameOf, shown } from './shown';
import { spanWords } from './time-words';

/** Asks the person. Who, what for, where the answer goes, as whom, for how long: what a wrong answer could be told by. */
export function consentPage(model: ConsentPageModel): AuthzAnswer {
  const { gatewayUrl, branding, request, person, tx, csrf } = model;
  const { client, redirectUri } = request;
  const destination = destinationOf(redirectUri);
  const main = html`<h1>Let ${clientName(client)} act for you?</h1>
<dl>
<div><dt>Who asks</dt><dd><strong>${clientName(client)}</strong>${clientStanding(client, destination)}</dd></div>
<div><dt>What it may do</dt><dd><ul>${permissionWords(request, model).map((words) => html`<li>${words}</li>`)}</ul></dd></div>
<div><dt>Where the answer goes</dt><dd>${destinationWords(destination)}</dd></div>
<div><dt>You are</dt><dd><strong>${nameOf(person.displayName, 'A person without a name')}</strong><p class="quiet">Not you? Deny, sign out at ${hostOf(model.identityProvider)}, and start again.</p></dd></div>
<div><dt>How long</dt><dd>${durationWords(model)}<p class="quiet">You can end it at any time: ${accountLink(gatewayUrl)}</p></dd></div>
</dl>
<form method="post" action="${gatewayUrl + PATHS.consent}">
<input type="hidden" name="tx" value="${tx}">
<input type="hidden" name="csrf" value="${csrf}">
<div class="choices">
<button name="decision" value="deny">Deny</button>
<button name="decision" value="allow" class="main armed">Allow</button>
</div>
</form>`;
  return pageAnswer({
    branding,
    title: 'Allow access?',
    main,
    formTargets: formTargetsOf(redirectUri),
    isMidway: true,
  });
}

function destinationWords(destination: RedirectModel): Html {
  if (destination.kind === 'web') return html`To the web site ${hostWords(destination.host)}`;
  const [where, claimant] =
    destination.kind === 'loopback'
      ? [html`To a program on this computer (${hostWords(destination.host)})`, 'Any program on this computer']
      : [html`To the app registered for ${hostWords(destination.host)}`, 'Any app on this device'];
  return html`${where}<p class="warn mark">${ICONS.caution}<span>${claimant} can ask under this name. Allow only if you have just started this yourself.</span></p>`;
}

function durationWords({ grantIdleSeconds, grantMaxSeconds }: ConsentPageModel): Html {
  const idle =
    grantIdleSeconds < grantMaxSeconds && html`; it ends sooner if not used for ${spanWords(grantIdleSeconds)}`;
  return html`At most ${spanWords(grantMaxSeconds)}${idle || undefined}`;
}

/** Opens beside this page, which would be lost otherwise. */
function accountLink(gatewayUrl: string): Html {
  const url = gatewayUrl + PATHS.account;
  return html`<a href="${url}" target="_blank" rel="noopener">${shown(url.replace(/^https?:\/\//, ''))}</a>`;
}

function hostOf(issuer: string): Html {
  return hostWords(new URL(issuer).host);
}
