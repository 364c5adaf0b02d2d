import type { RedirectModel } from './models';

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** What a person is told of a redirect URI: its host as the network has it, so that no letter looks like another. */
export function destinationOf(redirectUri: string): RedirectModel {
  const url = new URL(redirectUri);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { kind: 'app', host: url.protocol };
  return { kind: LOOPBACK.has(url.hostname) ? 'loopback' : 'web', host: url.host };
}

/** The same as a source of `form-action`. A policy cannot name an IPv6 address, so that one is named by its scheme. */
export function formTargetOf(redirectUri: string): string {
  const url = new URL(redirectUri);
  const hasOrigin = /^https?:$/.test(url.protocol) && !url.hostname.startsWith('[');
  return hasOrigin ? `${url.protocol}//${url.host}` : url.protocol;
}
