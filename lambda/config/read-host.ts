import type { Field } from './field';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** With a letter in the last label: an address is no host name. */
const HOST = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?=[0-9-]*[a-z])${LABEL}$`);
/** Two labels below the star at least: `*.com` would be everybody. */
const HOST_PATTERN = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?(?:${LABEL}\\.)+(?=[0-9-]*[a-z])${LABEL}$`);

/** A host name as it appears in a URL: lower case, ASCII, with a dot, no port. */
export function readHost(field: Field): string {
  return field.text(HOST, 'is not a host name', 'give it in lower case, without scheme, port or path');
}

/** A host, or `*.example.com` for every host below that one. */
export function readHostPattern(field: Field): string {
  return field.text(
    HOST_PATTERN,
    'is not a host',
    'give a host in lower case without scheme, port or path, or *.example.com for every host below',
  );
}

/** Whole segments, none of them dots; a slash at the end stands for every path below. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+\/?$/;

/** Where redirect URIs may be: a host or a pattern of hosts, and optionally a path. */
export function readRedirectHost(field: Field): string {
  const [, host = '', path = ''] = /^([^/]*)(.*)$/s.exec(String(field.value)) ?? [];
  if (typeof field.value === 'string' && HOST_PATTERN.test(host) && (path === '' || PATH.test(path)))
    return field.value;
  field.refuse(
    'is not a host, nor a host with a path',
    'give a host in lower case without scheme or port, or *.example.com for every host below; behind it nothing, or a path such as /callback, or /oauth/ for all below',
  );
  return '';
}

export function isHost(text: string): boolean {
  return HOST.test(text);
}
