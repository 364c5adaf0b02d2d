import { hasAnswerParameter } from '../contract/answer-parameters';
import { type Field, show } from './field';

const LONGEST_URI = 2048;
/** The spellings whose port may be another when it is used (RFC 8252 §7.3). */
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];
const SCHEME = /^[a-z][a-z0-9+.-]{0,63}$/;

/** Schemes that run code, read files, start programs or leave the browser's control: no app of its own answers them. */
const UNSAFE_SCHEME =
  /^(https?|wss?|ftps?|file|filesystem|javascript|vbscript|data|blob|about|view-source|mailto|tel|sms|intent|ldaps?|smb|ssh|telnet|shell|search|search-ms|help|x-apple.*|ms-.*|chrome.*|edge|jar|res|mhtml|urn|cid|mid)$/;

/** A private-use URI scheme (RFC 8252 §7.1), without its colon. */
export function isPrivateScheme(scheme: string): boolean {
  return SCHEME.test(scheme) && !UNSAFE_SCHEME.test(scheme);
}

export function readPrivateScheme(field: Field): string {
  const { value } = field;
  if (typeof value === 'string' && isPrivateScheme(value)) return value;
  field.refuse('is not a private-use URI scheme', "give an application's own scheme without its colon, such as cursor");
  return '';
}

/**
 * Where the answer to a client may go, for a client the operator enters: compared character by character later on, so
 * only what every parser reads the same way is taken. `https`, loopback `http`, or an application's own scheme.
 */
export function readRedirectUri(field: Field): string {
  const { value } = field;
  const refuse = (problem: string, fix: string): string => {
    field.refuse(problem, fix, typeof value === 'string' ? show(value.replace(/[?#].*/s, '…')) : show(value));
    return '';
  };
  if (typeof value !== 'string' || value.length > LONGEST_URI || !/^[\x21-\x5b\x5d-\x7e]+$/.test(value)) {
    return refuse('is not a redirect URI', `give an absolute URI of at most ${LONGEST_URI} ASCII characters`);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\//.exec(value)?.[1];
  if (scheme === undefined || !URL.canParse(value)) {
    return refuse('is not an absolute URI', 'give all of it, such as https://app.example.com/callback');
  }
  const url = new URL(value);
  if (value.includes('#')) return refuse('has a fragment', 'remove everything from # on (RFC 6749 §3.1.2)');
  if (url.username || url.password || /^[^/]*\/\/[^/?]*@/.test(value)) {
    return refuse('carries a user name or password', 'remove everything between // and @');
  }
  if (hasAnswerParameter(value)) {
    return refuse('has a query with a parameter of the answer', 'remove code, state, iss, error and error_description');
  }
  if (value.includes('*')) return refuse('has a wildcard', 'give every redirect URI in full');
  if (scheme === 'http' && !LOOPBACK.includes(url.hostname)) {
    return refuse('is not https', 'use https://; http:// is for 127.0.0.1, [::1] and localhost only');
  }
  if (scheme !== 'http' && scheme !== 'https' && !isPrivateScheme(scheme)) {
    return refuse('has a scheme no application answers safely', "use https, or the application's own scheme");
  }
  // Dot segments, upper-case hosts, default ports, other spellings of an address: a browser would go somewhere else.
  if (url.href !== value && url.href !== `${value}/`) {
    return refuse('is not in its normal form', `write it as browsers do: ${show(url.href.replace(/\?.*/s, '…'))}`);
  }
  return value;
}
