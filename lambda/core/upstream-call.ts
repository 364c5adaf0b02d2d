import type { Readable } from 'node:stream';
import type { UpstreamConfig } from '../config/gateway-config';
import type { Departure } from './departure';
import type { GatewayError } from './gateway-error';
import { JSON_TYPE, USUAL_ACCEPT } from './media-types';
import type { Era } from './protocol';
import type { RenderedCredential } from './render-credential';
import { err, ok, type Result } from './result';

/** One POST to an upstream. */
export interface UpstreamCall {
  readonly upstream: UpstreamConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** A broken reused connection may be retried: the method has no effect upstream. */
  readonly isSafe: boolean;
  /** When this call must have ended, epoch ms. */
  readonly deadlineMs: number;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Fails when the answer does not end well, with an {@link UpstreamFailure} where more is known than that. */
  readonly body: Readable;
}

/** Why an upstream gave no (whole) answer. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';

  constructor(
    readonly kind:
      | 'unreachable'
      | 'connect_timeout'
      | 'idle_timeout'
      | 'total_timeout'
      | 'connection_lost'
      | 'not_http',
  ) {
    super(kind);
  }
}

/** Sends calls. Never follows a redirect. */
export interface UpstreamPort {
  send(call: UpstreamCall, departure: Departure): Promise<Result<UpstreamAnswer, UpstreamFailure>>;
}

/** Header fields a client may speak to the upstream in. Everything else — cookies, `Authorization`, hop-by-hop — stays here. */
const FORWARDED = /^(mcp-protocol-version|traceparent|tracestate)$/;
/** Only where they have been compared with the body: an upstream may decide by them. */
const FORWARDED_MODERN = /^mcp-(method$|name$|param-)/;

/** Visible ASCII, space and tab (RFC 9110 §5.5); node would throw on the rest. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

const READ_ONLY = new Set([
  'initialize',
  'ping',
  'server/discover',
  'tools/list',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
]);

/** True for methods that change nothing upstream. */
export function isSafeMethod(method: string): boolean {
  return READ_ONLY.has(method);
}

/**
 * Builds the headers of the upstream request from nothing: what is not named here does not pass.
 * `sessionId` is the upstream's own, already opened.
 */
export function upstreamHeaders(
  inbound: Readonly<Record<string, string>>,
  era: Era,
  sessionId: string | undefined,
  credential: RenderedCredential | undefined,
): Result<Record<string, string>, GatewayError> {
  const headers: Record<string, string> = {
    'content-type': JSON_TYPE,
    accept: USUAL_ACCEPT,
    // A compressed answer could carry a secret past the redactor.
    'accept-encoding': 'identity',
    'user-agent': 'cdk-mcp-gateway',
  };
  for (const name in inbound) {
    if (!FORWARDED.test(name) && !(era === 'modern' && FORWARDED_MODERN.test(name))) continue;
    const value = inbound[name] ?? '';
    if (!FIELD_VALUE.test(value)) return err({ reason: 'invalid_header', header: name });
    headers[name] = value;
  }
  if (sessionId !== undefined) {
    if (!FIELD_VALUE.test(sessionId)) return err({ reason: 'invalid_header', header: 'mcp-session-id' });
    headers['mcp-session-id'] = sessionId;
  }
  return ok(credential === undefined ? headers : Object.assign(headers, credential.headers));
}
