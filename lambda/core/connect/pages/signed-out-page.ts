import type { BrandingConfig } from '../../../config/gateway-config';
import { PATHS } from '../../../contract/paths';
import type { AuthzAnswer } from '../../authz/http';
import { html } from '../../authz/pages/html';
import { pageAnswer } from '../../authz/pages/layout';

/** Behind the sign-out: opening the account page right away would sign in again by itself. */
export function signedOutPage(branding: BrandingConfig, gatewayUrl: string): AuthzAnswer {
  const main = html`<h1>You are signed out</h1>
<p>Agents you have allowed keep working.</p>
<p>On a shared computer, sign out at your company’s sign-in service as well: this page cannot do it for you.</p>
<p><a class="button main" href="${gatewayUrl + PATHS.account}">Sign in again</a></p>`;
  return pageAnswer({ branding, title: 'Signed out', main });
}
