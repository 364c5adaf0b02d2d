import { type Field, show } from './field';

const LONGEST_URL = 2048;

/**
 * An absolute https URL, as written: issuers are compared character by character (RFC 8414 §3.3).
 *
 * `http` is for loopback only, where no network can read a token or a key.
 */
export function readUrl(field: Field, options: { readonly query: boolean }): string {
  const { value } = field;
  const refuse = (problem: string, fix: string): string => {
    field.refuse(problem, fix, typeof value === 'string' ? show(maskUrl(value)) : show(value));
    return '';
  };
  if (field.absent) return refuse('is required', 'give an https:// URL');
  // URL() would repair blanks, backslashes and missing slashes; what it repairs, another parser may read otherwise.
  if (typeof value !== 'string' || !/^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/.test(value) || !URL.canParse(value)) {
    return refuse('is not an absolute URL', 'give an https:// URL, non-ASCII characters percent-encoded');
  }
  if (value.length > LONGEST_URL) return refuse('is too long', `give at most ${LONGEST_URL} characters`);
  const url = new URL(value);
  if (url.username || url.password || /^https?:\/\/[^/?#]*@/.test(value)) {
    return refuse('carries a user name or password', 'put secrets in the vault and use a credential');
  }
  if (value.includes('#')) return refuse('has a fragment', 'remove everything from # on');
  if (!options.query && value.includes('?')) return refuse('has a query', 'remove everything from ? on');
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    return refuse('is not https', 'use https://; http:// is for loopback hosts only');
  }
  return value;
}

/** An origin as a browser sends it. @see https://fetch.spec.whatwg.org/#origin-header */
export function readOrigin(field: Field): string {
  const { value } = field;
  // Letters of a host only: an apostrophe would end the fixed header value the origin becomes.
  if (typeof value === 'string' && /^https?:\/\/[\w.:[\]-]+$/.test(value) && URL.canParse(value)) {
    const { origin } = new URL(value);
    if (origin === value) return value;
  }
  field.refuse(
    'is not an exact origin',
    'give scheme, lower-case host and non-default port only, such as https://app.example.com',
    typeof value === 'string' ? show(maskUrl(value)) : show(value),
  );
  return '';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** User info and query are where people paste keys: never repeat them in an error. */
function maskUrl(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//…@').replace(/\?.*/s, '?…');
}
