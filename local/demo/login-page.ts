import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import { DEMO_PEOPLE, demoPerson } from './people';

/** Below it, a sign-in in progress. */
export const LOGIN_PATH = '/interaction/';

/** The demo issuer's sign-in: a click on a name, no password. */
export async function serveLogin(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Refuses a browser without the cookie of this sign-in.
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(PAGE);
    return;
  }
  const person = new URLSearchParams(await text(request)).get('person') ?? '';
  const result =
    demoPerson(person) === undefined ? { error: 'access_denied' } : { login: { accountId: person }, consent: {} };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const BUTTONS = Object.entries(DEMO_PEOPLE).map(
  ([id, { name, groups }]) =>
    `<p><button name="person" value="${id}">${name}</button> ${groups.includes('administrators' as never) ? 'administrator' : ''}</p>`,
);

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Demo sign-in</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui;max-width:30rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
<h1>Who are you?</h1>
<p>This stands in for your company’s sign-in page. There are no passwords.</p>
<form method="post">
${BUTTONS.join('\n')}
<p><button name="person" value="">Cancel</button></p>
</form>
</html>
`;
