/** What the answer to an authorization request says (RFC 6749 §4.1.2, RFC 9207). */
const NAMES: readonly string[] = ['code', 'state', 'iss', 'error', 'error_description'];

/**
 * Whether an address brings a parameter of our answer along. Ours would come behind it, and a client that takes the
 * first of two would take a code of whoever wrote the address.
 */
export function hasAnswerParameter(uri: string): boolean {
  return [...new URL(uri).searchParams.keys()].some((name) => NAMES.includes(name));
}
