import type { Readable } from 'node:stream';
import { type GatewayError, type RpcId, toRpcError } from './gateway-error';
import type { Answer } from './http-message';
import { announcesCapabilities, withoutSubscriptions } from './offered-capabilities';
import { Redactor } from './redactor';
import { err, ok, type Result } from './result';
import { type UpstreamAnswer, UpstreamFailure } from './upstream-call';

/** What is known of the call when its answer arrives. */
export interface AnsweredCall {
  readonly upstream: string;
  readonly method: string;
  readonly id: RpcId;
  readonly requestId: string;
  readonly needles: readonly Buffer[];
  /** Seals an upstream's session id for this caller; absent where sessions do not exist. */
  readonly sealSession: ((upstreamSessionId: string) => string) | undefined;
}

/** Answers that are read whole: capability announcements and error bodies. */
const MAX_READ_BYTES = 1024 * 1024;

const RETRY_AFTER = /^(\d{1,9}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/;

/** Turns an upstream's answer into ours: MCP passes as it arrives, everything else becomes a defined error. */
export async function answerUpstream(
  answer: UpstreamAnswer,
  call: AnsweredCall,
): Promise<Result<Answer, GatewayError>> {
  const refusal = refusalOf(answer, call.upstream);
  if (refusal !== undefined) {
    answer.body.destroy();
    return err(refusal);
  }
  const kind = mediaType(answer);
  if (answer.status >= 400) return answerError(answer, kind, call);
  const headers = answerHeaders(answer, kind, call);
  if (kind === 'none') {
    answer.body.resume();
    return ok({ status: answer.status, headers, body: { kind: 'complete', bytes: '' } });
  }
  if (announcesCapabilities(call.method)) {
    const text = await readAll(answer.body, call);
    if (!text.ok) return text;
    const bytes = withoutSubscriptions(headers['content-type'] ?? '', text.value);
    return ok({ status: answer.status, headers, body: { kind: 'complete', bytes } });
  }
  const { id, requestId, needles } = call;
  const body = { kind: 'stream', source: answer.body, needles } as const;
  if (kind === 'json') return ok({ status: answer.status, headers, body });
  const failureEvent = (failure: unknown) =>
    `event: message\ndata: ${toRpcError(toGatewayError(failure, call.upstream), id, requestId)}\n\n`;
  return ok({ status: answer.status, headers, body: { ...body, failureEvent } });
}

/** The defined error of a call that got no (whole) answer. */
export function toGatewayError(failure: unknown, upstream: string): GatewayError {
  if (!(failure instanceof UpstreamFailure)) return { reason: 'upstream_connection_lost', upstream };
  switch (failure.kind) {
    case 'unreachable':
      return { reason: 'upstream_unreachable', upstream };
    case 'connect_timeout':
      return { reason: 'upstream_timeout', upstream, phase: 'connect' };
    case 'idle_timeout':
      return { reason: 'upstream_timeout', upstream, phase: 'idle' };
    case 'total_timeout':
      return { reason: 'upstream_timeout', upstream, phase: 'total' };
    case 'connection_lost':
      return { reason: 'upstream_connection_lost', upstream };
    case 'not_http':
      return { reason: 'upstream_not_mcp', upstream };
  }
}

function refusalOf(answer: UpstreamAnswer, upstream: string): GatewayError | undefined {
  const { status, headers } = answer;
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
  const isReadable = encoding === undefined || encoding === 'identity';
  const isMcp = status === 200 ? isMcpBody(answer) : status === 202 || status === 204 || status >= 400;
  return isReadable && isMcp ? undefined : { reason: 'upstream_not_mcp', upstream };
}

type Kind = 'json' | 'sse' | 'none' | 'other';

function mediaType(answer: UpstreamAnswer): Kind {
  if (answer.status === 202 || answer.status === 204) return 'none';
  const [type = '', ...parameters] = (answer.headers['content-type'] ?? '').toLowerCase().split(';');
  // Text in another charset would pass the redactor unread.
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return 'other';
  switch (type.trim()) {
    case 'application/json':
      return 'json';
    case 'text/event-stream':
      return 'sse';
    default:
      return 'other';
  }
}

function isMcpBody(answer: UpstreamAnswer): boolean {
  const kind = mediaType(answer);
  return kind === 'json' || kind === 'sse';
}

function answerHeaders(answer: UpstreamAnswer, kind: Kind, call: AnsweredCall): Record<string, string> {
  const headers: Record<string, string> = { 'x-content-type-options': 'nosniff' };
  if (kind === 'json') {
    headers['content-type'] = 'application/json';
    headers['cache-control'] = 'no-store';
  } else if (kind === 'sse') {
    headers['content-type'] = 'text/event-stream';
    headers['cache-control'] = 'no-store, no-transform';
    headers['x-accel-buffering'] = 'no';
  }
  const session = answer.headers['mcp-session-id'];
  if (session !== undefined && call.sealSession !== undefined) headers['mcp-session-id'] = call.sealSession(session);
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
    const text = await readAll(answer.body, call);
    if (text.ok && isRpcError(text.value)) {
      return ok({ status, headers: answerHeaders(answer, kind, call), body: { kind: 'complete', bytes: text.value } });
    }
  }
  answer.body.destroy();
  return err({ reason: 'upstream_failed', upstream: call.upstream, status });
}

async function readAll(source: Readable, call: AnsweredCall): Promise<Result<string, GatewayError>> {
  const redactor = new Redactor(call.needles);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      length += (chunk as Buffer).length;
      if (length > MAX_READ_BYTES) return err({ reason: 'upstream_not_mcp', upstream: call.upstream });
      chunks.push(redactor.push(chunk as Buffer));
    }
  } catch (failure) {
    return err(toGatewayError(failure, call.upstream));
  }
  return ok(Buffer.concat([...chunks, redactor.end()]).toString());
}

function isRpcError(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value && 'error' in value;
  } catch {
    return false;
  }
}
