import { type Html, html } from '../../authz/pages/html';

/** One button of the account page, with the token of the session. */
export function accountForm(
  { gatewayUrl, csrf }: { readonly gatewayUrl: string; readonly csrf: string },
  action: string,
  fields: Readonly<Record<string, string>>,
  button: Html,
): Html {
  return html`<form method="post" action="${gatewayUrl + action}"><input type="hidden" name="csrf" value="${csrf}">${Object.entries(
    fields,
  ).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${button}</form>`;
}
