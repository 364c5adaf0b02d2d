import { err, ok, type Result } from '../result';
import { problemOfCode } from './provider-error';
import type { ProviderProblem } from './provider-port';

/** What the callback of one connect has to match. */
export interface ExpectedCallback {
  readonly state: string;
  /** What `iss` has to be, character by character. Absent: there must be none. */
  readonly issuer: string | undefined;
  /** It said that it sends one. */
  readonly sendsIssuer: boolean;
}

/** The callback's query: name -> values, as many as came. */
type Callback = Readonly<Record<string, readonly string[]>>;

/** What counts. A platform may repeat what is its own. */
const OURS = ['code', 'state', 'iss', 'error', 'response', 'id_token', 'access_token'];
/** Of flows nobody asked for: what was in the browser's hands. */
const FOREIGN = ['response', 'id_token', 'access_token'];
const MAX_CODE = 8_192;

/** The code in what the browser brought, if that is this provider's answer to this very request. */
export function codeOfCallback(callback: Callback, expected: ExpectedCallback): Result<string, ProviderProblem> {
  const values = (name: string): readonly string[] =>
    Object.hasOwn(callback, name) ? (callback[name] as readonly string[]) : [];
  // Two values of one name: whoever checks and whoever uses could each take another.
  if (OURS.some((name) => values(name).length > 1)) return invalid('callback_repeated_parameter');
  const [state] = values('state');
  // Of an answer to another request, not even the error is believed (RFC 6749 §10.12).
  if (state !== expected.state || state === '') return invalid('callback_state');
  // RFC 9207 §2.4. Another issuer's code would go to this one's token endpoint (mix-up), or its error would be believed.
  const [issuer] = values('iss');
  const isExpected = issuer === undefined ? !expected.sendsIssuer : issuer === expected.issuer;
  if (!isExpected) return invalid('callback_issuer');
  if (FOREIGN.some((name) => values(name).length > 0)) return invalid('callback_flow');
  const [error] = values('error');
  if (error !== undefined) return err(problemOfCode(error));
  const [code] = values('code');
  return code === undefined || code === '' || code.length > MAX_CODE ? invalid('callback_code') : ok(code);
}

function invalid(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'invalid', cause });
}
