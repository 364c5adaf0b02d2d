import type { Readable } from 'node:stream';
import { EventTail } from './event-tail';
import type { GatewayError, RpcId } from './gateway-error';
import type { Answer, CompleteAnswer } from './http-message';
import { parseObject } from './json';
import { EVENT_STREAM_TYPE, JSON_TYPE } from './media-types';
import { announcesCapabilities, withoutSubscriptions } from './offered-capabilities';
import { Redactor } from './redactor';
import { err, ok, type Result } from './result';
import { type UpstreamAnswer, UpstreamFailure } from './upstream-call';

/** What is known of the call when its answer arrives. */
export interface AnsweredCall {
  readonly upstream: string;
  readonly method: string;
  /** `null` if no response is due. */
  readonly id: RpcId;
  /** Records and words an error that shows when the answer is already on its way. */
  readonly refuse: (error: GatewayError) => Promise<CompleteAnswer>;
  readonly needles: readonly Buffer[];
  /** Seals an upstream's session id for this caller; absent where sessions do not exist. */
  readonly sealSession: ((upstreamSessionId: string) => string) | undefined;
}

/** Answers that are read whole: capability announcements and error bodies. */
const MAX_READ_BYTES = 1024 * 1024;

/** What the next request can carry: of a longer one, the sealed form would not fit into its headers. */
const SESSION_ID = /^[\x20-\x7e]{0,4096}$/;

const RETRY_AFTER = /^(\d{1,5}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/;

/** Turns an upstream's answer into ours: MCP passes as it arrives, everything else becomes a defined error. */
export async function answerUpstream(
  answer: UpstreamAnswer,
  call: AnsweredCall,
): Promise<Result<Answer, GatewayError>> {
  const refusal = refusalOf(answer, call);
  if (refusal !== undefined) {
    answer.body.destroy();
    return err(refusal);
  }
  const kind = mediaType(answer);
  if (answer.status >= 400) return answerError(answer, kind, call);
  const headers = answerHeaders(answer, kind, call);
  if (kind === 'none') {
    answer.body.resume();
    return complete(answer.status, headers, '');
  }
  const { id, needles, upstream, refuse } = call;
  const isEvents = kind === 'sse';
  if (announcesCapabilities(call.method)) {
    const text = await readAll(answer.body, call, isEvents);
    if (!text.ok) return text;
    return complete(answer.status, headers, withoutSubscriptions(headers['content-type'] ?? '', text.value));
  }
  const fail = (failure: unknown) => refuse(toGatewayError(failure, upstream));
  const lengthBytes = isEvents ? undefined : Number(answer.headers['content-length']);
  const body = { kind: 'stream', source: answer.body, lengthBytes, needles, isEvents, awaited: id, fail } as const;
  return ok({ status: answer.status, headers, body });
}

const FAILURES = {
  unreachable: { reason: 'upstream_unreachable' },
  connect_timeout: { reason: 'upstream_timeout', phase: 'connect' },
  idle_timeout: { reason: 'upstream_timeout', phase: 'idle' },
  total_timeout: { reason: 'upstream_timeout', phase: 'total' },
  connection_lost: { reason: 'upstream_connection_lost' },
  not_http: { reason: 'upstream_not_mcp' },
} as const;

/** The defined error of a call that got no (whole) answer. */
export function toGatewayError(failure: unknown, upstream: string): GatewayError {
  return failedAs(failure instanceof UpstreamFailure ? failure.kind : 'connection_lost', upstream);
}

function failedAs(kind: UpstreamFailure['kind'], upstream: string): GatewayError {
  return { ...FAILURES[kind], upstream };
}

function complete(status: number, headers: Record<string, string>, bytes: string): Result<Answer, never> {
  return ok({ status, headers, body: { kind: 'complete', bytes } });
}

function refusalOf(answer: UpstreamAnswer, call: AnsweredCall): GatewayError | undefined {
  const { status, headers } = answer;
  const { upstream } = call;
  if (status >= 300 && status < 400) return { reason: 'upstream_redirected', upstream, status };
  // Passed on, a 401 would send the client to sign in at the gateway again, in vain.
  if (status === 401 || status === 403) return { reason: 'upstream_refused_credential', upstream, status };
  if (status === 429) {
    const retryAfter = headers['retry-after'];
    return {
      reason: 'upstream_rate_limited',
      upstream,
      retryAfter: retryAfter !== undefined && RETRY_AFTER.test(retryAfter) ? retryAfter : undefined,
    };
  }
  const encoding = headers['content-encoding'];
  const transfer = headers['transfer-encoding']?.toLowerCase();
  const isReadable =
    (encoding === undefined || encoding === 'identity') && (transfer === undefined || transfer === 'chunked');
  const isKnown = call.sealSession === undefined || SESSION_ID.test(headers['mcp-session-id'] ?? '');
  return isReadable && isKnown && isMcp(answer, call.id) ? undefined : failedAs('not_http', upstream);
}

function isMcp(answer: UpstreamAnswer, id: RpcId): boolean {
  const { status } = answer;
  const kind = mediaType(answer);
  if (status === 200) return kind === 'json' || kind === 'sse';
  // A request that is only accepted would never be answered: streams without a request do not exist here.
  if (kind === 'none') return id === null;
  // 407 would make a client ask its own proxy.
  return status >= 400 && status < 600 && status !== 407;
}

type Kind = 'json' | 'sse' | 'none' | 'other';

function mediaType(answer: UpstreamAnswer): Kind {
  if (answer.status === 202 || answer.status === 204) return 'none';
  const [type = '', ...parameters] = (answer.headers['content-type'] ?? '').toLowerCase().split(';');
  // Text in another charset would pass the redactor unread.
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return 'other';
  switch (type.trim()) {
    case JSON_TYPE:
      return 'json';
    case EVENT_STREAM_TYPE:
      return 'sse';
    default:
      return 'other';
  }
}

function answerHeaders(answer: UpstreamAnswer, kind: Kind, call: AnsweredCall): Record<string, string> {
  const headers: Record<string, string> = { 'x-content-type-options': 'nosniff' };
  if (kind === 'json') {
    headers['content-type'] = JSON_TYPE;
    headers['cache-control'] = 'no-store';
  } else if (kind === 'sse') {
    headers['content-type'] = EVENT_STREAM_TYPE;
    headers['cache-control'] = 'no-store, no-transform';
    headers['x-accel-buffering'] = 'no';
  }
  const session = answer.headers['mcp-session-id'];
  if (session && call.sealSession !== undefined) headers['mcp-session-id'] = call.sealSession(session);
  return headers;
}

/** A JSON-RPC error of the upstream passes, with its status: clients read the revision from it. Other bodies do not. */
async function answerError(
  answer: UpstreamAnswer,
  kind: Kind,
  call: AnsweredCall,
): Promise<Result<Answer, GatewayError>> {
  const { status } = answer;
  if (kind === 'json') {
    const text = await readAll(answer.body, call, false);
    if (text.ok && isRpcError(text.value)) {
      return complete(status, answerHeaders(answer, kind, call), text.value);
    }
  }
  answer.body.destroy();
  return err({ reason: 'upstream_failed', upstream: call.upstream, status });
}

/** Reads a JSON text whole, events only until the response has come: the upstream may leave the stream open. */
async function readAll(source: Readable, call: AnsweredCall, isEvents: boolean): Promise<Result<string, GatewayError>> {
  const { upstream, needles, id } = call;
  const redactor = new Redactor(needles);
  const chunks: Buffer[] = [];
  let length = 0;
  let tail = new EventTail(id);
  let isAnswered = false;
  const take = (bytes: Buffer) => {
    chunks.push(bytes);
    tail.push(bytes);
  };
  try {
    // Not destroyed by leaving: the upstream mostly ends the stream at once, and the connection serves the next call.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      length += (chunk as Buffer).length;
      if (length > MAX_READ_BYTES) {
        source.destroy();
        return err(failedAs('not_http', upstream));
      }
      take(redactor.push(chunk as Buffer));
      if (!isEvents || !tail.isBetweenEvents()) continue;
      isAnswered = tail.isAnswered();
      if (isAnswered) break;
      // What was looked at once need not be again.
      tail = new EventTail(id);
    }
  } catch (failure) {
    return err(toGatewayError(failure, upstream));
  }
  source.resume();
  take(redactor.end());
  if (isEvents && !isAnswered && !tail.isAnswered(true)) return err(failedAs('connection_lost', upstream));
  const bytes = Buffer.concat(chunks);
  return bytes.length === 0 && id !== null ? err(failedAs('not_http', upstream)) : ok(bytes.toString());
}

function isRpcError(text: string): boolean {
  const value = parseObject(text);
  return value !== undefined && 'jsonrpc' in value && 'error' in value;
}
