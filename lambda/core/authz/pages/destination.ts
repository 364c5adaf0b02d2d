import type { RedirectModel } from './models';

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** What a person is told of a redirect URI: its host as the network has it, so that no letter looks like another. */
export function destinationOf(redirectUri: string): RedirectModel {
  const scheme = schemeOf(redirectUri);
  if (!isWeb(scheme)) return { kind: 'app', host: scheme };
  const { host, hostname } = new URL(redirectUri);
  return { kind: LOOPBACK.has(hostname) ? 'loopback' : 'web', host };
}

/**
 * The same as a source of `form-action`. A policy cannot name an IPv6 address, nor a host with a semicolon in it,
 * which would begin a directive of its own: such a one is named by its scheme.
 */
export function formTargetOf(redirectUri: string): string {
  const scheme = schemeOf(redirectUri);
  const host = isWeb(scheme) ? new URL(redirectUri).host : '';
  return /^[a-z0-9.-]+(:\d+)?$/.test(host) ? `${scheme}//${host}` : scheme;
}

/** With the colon. Redirect URIs are absolute, so there always is one. */
function schemeOf(uri: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() ?? '';
}

function isWeb(scheme: string): boolean {
  return scheme === 'https:' || scheme === 'http:';
}
