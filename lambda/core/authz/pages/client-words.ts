import type { ClientFacts } from '../../../contract/auth-record';
import { type Html, html } from './html';
import { ICONS } from './icons';
import type { RedirectModel } from './models';
import { hostWords, nameOf } from './shown';

export function clientName(client: Pick<ClientFacts, 'name'>): Html {
  return nameOf(client.name, 'A program without a name');
}

/**
 * What is known of who asks. A document's host is proven by the answer going to a web site the document names, or by
 * the key it publishes. An answer to a program on the computer proves nothing: any program can present a document
 * that is public.
 */
export function clientStanding(client: ClientFacts, destination: RedirectModel | undefined): Html {
  if (client.kind === 'registered') {
    const isProven = client.authentication !== 'none' || destination?.kind === 'web';
    return isProven
      ? good(html`Registered by the operator of this gateway`)
      : doubtful(html`Known to this gateway, but any program on this device can use its name`);
  }
  if (client.kind === 'dynamic' || client.host === undefined)
    return doubtful(html`Not verified: anybody can use this name`);
  const host = hostWords(client.host);
  return destination?.kind === 'web' || client.authentication === 'private_key_jwt'
    ? good(html`Verified by its web address: ${host}`)
    : doubtful(html`Says it is the program described at ${host}`);
}

function good(words: Html): Html {
  return html`<p class="mark good">${ICONS.verified}<span>${words}</span></p>`;
}

function doubtful(words: Html): Html {
  return html`<p class="mark">${ICONS.caution}<span>${words}</span></p>`;
}
