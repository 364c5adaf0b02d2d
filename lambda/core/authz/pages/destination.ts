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
 * Where the form may lead, as sources of `form-action`. By scheme and not by host: Chromium holds the directive against
 * every redirect behind the form, and agents redirect from their callback to another host of theirs.
 */
export function formTargetsOf(redirectUri: string): readonly string[] {
  const { kind, host } = destinationOf(redirectUri);
  if (kind === 'app') return [host];
  return kind === 'loopback' ? ['http:', 'https:'] : ['https:'];
}

/** With the colon. Redirect URIs are absolute, so there always is one. */
function schemeOf(uri: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() ?? '';
}

function isWeb(scheme: string): boolean {
  return scheme === 'https:' || scheme === 'http:';
}
