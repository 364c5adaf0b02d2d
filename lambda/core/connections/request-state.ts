import { createHmac, hash } from 'node:crypto';
import { isObject, isText, parseObject } from '../json';
import { STATE_PREFIX } from './offer-names';
import { openOpaque, sealOpaque } from './opaque-text';

/**
 * What the gateway needs to know again when a client continues a call that waited for a connection. Nothing is stored:
 * the client carries it, and can neither read nor change it (MCP 2026-07-28, basic/patterns/mrtr).
 */
export interface RequestState {
  readonly subject: string;
  readonly upstream: string;
  readonly provider: string;
  readonly method: string;
  /** {@link paramsDigest} of the call that was asked for: an approval serves no other one. */
  readonly params: string;
  /** Version of the connection that did not do, 0 for none: a later one ends the wait. */
  readonly version: number;
  readonly expiresAtMs: number;
  /** Of the link's ticket. */
  readonly nonce: string;
}

/** Longer ones are none of ours, and opening them is work a stranger chose. */
const MAX_LENGTH = 4096;

/** Members of a retry that are no part of what was asked for; `_meta` differs from one request to the next. */
const RETRY_MEMBERS = new Set(['inputResponses', 'requestState', '_meta']);

export function sealRequestState(key: Buffer, state: RequestState, iv: Buffer): string {
  return STATE_PREFIX + sealOpaque(stateKey(key), JSON.stringify(state), iv);
}

/** The state, if the gateway sealed it and its time is not over. Whose it is, the caller compares. */
export function openRequestState(key: Buffer, text: string, nowMs: number): RequestState | undefined {
  const opened = text.length <= MAX_LENGTH ? openOpaque(stateKey(key), text.slice(STATE_PREFIX.length)) : undefined;
  const state = opened === undefined ? undefined : parseObject(opened);
  return isRequestState(state) && nowMs < state.expiresAtMs ? state : undefined;
}

/** The same for two requests that ask for the same, however their members are ordered. `params` is exact: `exactMessage`. */
export function paramsDigest(params: Readonly<Record<string, unknown>>): string {
  const asked = Object.entries(params).filter(([name]) => !RETRY_MEMBERS.has(name));
  return hash('sha256', canonical(Object.fromEntries(asked)), 'base64url');
}

const { isRawJSON: isRawJson } = JSON as unknown as { isRawJSON(value: unknown): boolean };

function canonical(value: unknown): string {
  // A number as it was written: two ids of 19 digits are one double.
  if (isRawJson(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
}

function stateKey(key: Buffer): Buffer {
  return createHmac('sha256', key).update('request-state').digest();
}

function isRequestState(value: unknown): value is RequestState {
  const { subject, upstream, provider, method, params, version, expiresAtMs, nonce } = (value ?? {}) as Record<
    string,
    unknown
  >;
  return (
    [subject, upstream, provider, method, params, nonce].every(isText) &&
    Number.isSafeInteger(version) &&
    Number.isSafeInteger(expiresAtMs)
  );
}
