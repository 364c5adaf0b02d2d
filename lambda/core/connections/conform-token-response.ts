import type { OAuthFacts, ResponseFacts } from '../../providers/provider-facts';
import { isObject, isText, parseObject } from '../json';
import { parseExactObject, valueAt } from './exact-json';

/** What came back from a token endpoint, before anything is believed. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  readonly body: string;
}

/** A token answer as RFC 6749 §5.1 has it. */
export interface TokenMembers {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly id_token?: string;
}

/**
 * `tokens`: with the answer they are from, secrets taken out. `error`: with its code in the words of RFC 6749 §5.2, if
 * it has one. `unusable`: neither; `cause` says why.
 */
export type ConformedAnswer =
  | {
      readonly kind: 'tokens';
      readonly members: TokenMembers;
      /** Epoch ms, where the answer gives a moment in place of a duration. */
      readonly expiresAtMs?: number;
      readonly answer: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'error'; readonly code: string | undefined }
  | { readonly kind: 'unusable'; readonly cause: string };

/** What a conformer has to know of a platform. */
export type ConformFacts = Pick<OAuthFacts, 'response' | 'scopeSeparator'>;

export interface ConformOptions {
  /**
   * The answer to a refresh may have its tokens at the top although the first answer nested them: there is only one
   * token it can be about. In a first answer the top level is somebody else's: Slack's bot.
   */
  readonly isRefresh?: boolean;
}

/** Printable ASCII without blanks: it becomes part of a header. Canva's have 4 KB. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,16384}$/;
const MAX_REFRESH_TOKEN = 16_384;
/** Ten years. What is said to last longer has no end that matters. */
const MAX_SECONDS = 315_360_000;
const SECRETS = new Set(['access_token', 'refresh_token', 'id_token']);

/**
 * Undoes what is odd about a platform's token answers, so that a strict parser can read them. Never throws, and never
 * makes up a token: one comes out only if it came in, at the place the facts name.
 *
 * Beside a good access token, what cannot be read is dropped instead of refused: the refresh token in such an answer may
 * be the only one left.
 */
export function conformTokenResponse(
  raw: RawAnswer,
  facts: ConformFacts,
  { isRefresh = false }: ConformOptions = {},
): ConformedAnswer {
  const { response = {} } = facts;
  const isSuccess = raw.status === 200 || raw.status === 201;
  if (raw.status >= 200 && raw.status < 300 && !isSuccess) return unusable(`status_${raw.status}`);
  if (raw.status >= 300 && raw.status < 400) return unusable('redirected');
  const read = readBody(raw);
  const body = read?.plain;
  if (!isSuccess) {
    const code = body && errorCode(body, response);
    return code === undefined ? unusable(`status_${raw.status}`) : { kind: 'error', code };
  }
  if (read === undefined || body === undefined) return unusable('not_json');

  const place = tokenPlace(body, response, isRefresh);
  const found = place && withNames(place, response.renamed);
  if (isErrorInSuccess(body, response, found?.['access_token'])) {
    return { kind: 'error', code: errorCode(body, response) };
  }
  const token = found?.['access_token'];
  if (found === undefined || !isText(token) || !ACCESS_TOKEN.test(token)) return unusable('no_access_token');
  const type = bearerType(found['token_type'], response);
  if (type === undefined) return unusable('token_type');
  return {
    kind: 'tokens',
    members: {
      access_token: token,
      token_type: type,
      ...member('expires_in', seconds(found['expires_in'])),
      ...member('refresh_token', refreshToken(found['refresh_token'])),
      ...member('scope', scopeText(found['scope'], response.scopeSeparator ?? facts.scopeSeparator)),
      ...(response.dropIdToken === false ? member('id_token', nonEmpty(found['id_token'])) : {}),
    },
    ...member('expiresAtMs', moment(found['expires_at'])),
    answer: withoutSecrets(read.exact, response.renamed) as Record<string, unknown>,
  };
}

interface Body {
  /** As JSON has it: what is no text there is no token, and does not become one. */
  readonly plain: Record<string, unknown>;
  /** With numbers as exact as they came. */
  readonly exact: Record<string, unknown>;
}

function readBody({ contentType = '', body }: RawAnswer): Body | undefined {
  if (!/^application\/x-www-form-urlencoded(?:;|$)/i.test(contentType.trim())) {
    const exact = parseExactObject(body);
    const plain = exact && parseObject(body);
    return plain && { plain, exact };
  }
  const form = [...new URLSearchParams(body)];
  if (new Set(form.map(([name]) => name)).size !== form.length) return undefined;
  const members = Object.fromEntries(form);
  return { plain: members, exact: members };
}

function tokenPlace(body: Record<string, unknown>, { tokenIn }: ResponseFacts, isRefresh: boolean) {
  if (tokenIn === undefined) return body;
  const nested = valueAt(body, tokenIn);
  if (isObject(nested)) return nested;
  return isRefresh ? body : undefined;
}

/** The names of RFC 6749 added for those of the platform's own. What already has its right name keeps it. */
function withNames(place: Record<string, unknown>, renamed: ResponseFacts['renamed'] = {}) {
  const added = Object.entries(renamed).flatMap(([theirs, ours]) =>
    Object.hasOwn(place, ours) || !Object.hasOwn(place, theirs) ? [] : [[ours, place[theirs]] as const],
  );
  return own({ ...place, ...Object.fromEntries(added) });
}

/** Reading a member must not find what objects inherit. */
function own(members: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, members);
}

function isErrorInSuccess(body: Record<string, unknown>, { errorInSuccess }: ResponseFacts, token: unknown): boolean {
  const hasError = isText(valueAt(body, 'error')) && body['error'] !== '';
  if (errorInSuccess === true) return valueAt(body, 'ok') === false || hasError;
  return hasError && token === undefined;
}

function errorCode(body: Record<string, unknown>, { errorMember, errorCodes = {} }: ResponseFacts): string | undefined {
  const theirs = [errorMember, 'error'].flatMap((path) => (path === undefined ? [] : [codeAt(body, path)]));
  const code = theirs.find((found) => found !== undefined);
  if (code === undefined) return undefined;
  return Object.hasOwn(errorCodes, code) ? errorCodes[code] : code;
}

function codeAt(body: Record<string, unknown>, path: string): string | undefined {
  const value = valueAt(body, path);
  if (typeof value === 'number') return String(value);
  return isText(value) && value !== '' ? value : undefined;
}

function bearerType(type: unknown, { bearerTypes = [] }: ResponseFacts): string | undefined {
  if (type === undefined || type === null || type === '') return 'Bearer';
  if (!isText(type)) return undefined;
  const isBearer = ['bearer', ...bearerTypes].some((known) => known.toLowerCase() === type.toLowerCase());
  return isBearer ? 'Bearer' : undefined;
}

/** Absent, `null` and nonsense are not 0: such a token would be refreshed for ever. */
function seconds(value: unknown): number | undefined {
  const number = isText(value) && /^\d{1,15}(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  return Math.min(Math.floor(number), MAX_SECONDS);
}

/** Seconds since 1970, or ISO 8601. */
function moment(value: unknown): number | undefined {
  const ms =
    isText(value) && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value).getTime() : Number(seconds(value)) * 1_000;
  return value !== undefined && Number.isFinite(ms) ? ms : undefined;
}

function refreshToken(value: unknown): string | undefined {
  const text = nonEmpty(value);
  return text !== undefined && text.length <= MAX_REFRESH_TOKEN ? text : undefined;
}

function nonEmpty(value: unknown): string | undefined {
  return isText(value) && value !== '' ? value : undefined;
}

/** Space-separated, however it came. An empty one says: none. */
function scopeText(value: unknown, separator: ' ' | ',' | 'none'): string | undefined {
  const list = isText(value) ? value.split(separator === ',' ? ',' : ' ') : value;
  if (!Array.isArray(list) || !list.every(isText)) return undefined;
  return [...new Set(list.map((scope) => scope.trim()).filter((scope) => scope !== ''))].join(' ');
}

function withoutSecrets(value: unknown, renamed: ResponseFacts['renamed'] = {}): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, renamed));
  if (!isObject(value)) return value;
  const isSecret = (name: string) => SECRETS.has(Object.hasOwn(renamed, name) ? String(renamed[name]) : name);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (isSecret(name) ? [] : [[name, withoutSecrets(item, renamed)]])),
  );
}

function member<N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]?: V });
}

function unusable(cause: string): ConformedAnswer {
  return { kind: 'unusable', cause };
}
