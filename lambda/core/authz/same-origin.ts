/**
 * Whether a form was sent by another site's page. `gatewayUrl` may have a path: of an API without a domain, its stage.
 *
 * Our pages have the referrer policy `no-referrer`, under which a browser sends `Origin: null` with their own forms
 * (Fetch §4.6.5); `Sec-Fetch-Site` tells that from a stranger's. A browser that sends neither is left to the token in the form.
 */
export function isFromAnotherSite(headers: Readonly<Record<string, string>>, gatewayUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return true;
  const origin = headers['origin'];
  return origin !== undefined && origin !== 'null' && origin !== new URL(gatewayUrl).origin;
}
