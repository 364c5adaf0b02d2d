import type { GatewayConfig, UpstreamConfig } from '../config/gateway-config';
import { type AnsweredCall, answerUpstream, toGatewayError } from './answer-upstream';
import {
  type AuthenticationFacts,
  authenticate,
  type Principal,
  type TokenVerifier,
  unauthorized,
} from './authenticate';
import { checkRequest } from './check-request';
import type { PersonCalls } from './connections/person-calls';
import type { Credentials } from './credentials';
import type { Departure } from './departure';
import { type GatewayError, type RpcId, toAnswer, toLog } from './gateway-error';
import type { Answer, CompleteAnswer, GatewayRequest } from './http-message';
import type { LiveGrants } from './live-grants';
import { type McpMessage, readMessage } from './mcp-message';
import { checkProtocol, type Era, targetOf } from './protocol';
import type { RenderedCredential } from './render-credential';
import { type Awaitable, err, ok, type Result } from './result';
import type { Sessions } from './sessions';
import { isSafeMethod, type UpstreamAnswer, type UpstreamPort, upstreamHeaders } from './upstream-call';

/** What serving a call needs from outside. */
export interface McpDeps {
  readonly config: GatewayConfig;
  readonly facts: AuthenticationFacts;
  readonly tokens: TokenVerifier;
  /** Where the gateway is its own issuer: whether the grant behind a token still counts. */
  readonly grants: LiveGrants | undefined;
  readonly credentials: Credentials;
  /** Where an upstream is called on people's own accounts. */
  readonly people: PersonCalls | undefined;
  readonly sessions: Sessions;
  readonly upstreams: UpstreamPort;
  readonly now: () => number;
}

/** What the audit line of a call says. Filled as the call proceeds; holds no secret, no argument, no result. */
export interface Trail {
  upstream?: string;
  subject?: string;
  clientId?: string | undefined;
  era?: Era;
  rpcMethod?: string;
  /** Tool, prompt or resource named by the call. */
  target?: string;
  upstreamMs?: number;
  failure?: Readonly<Record<string, unknown>>;
}

/** Kept free of the platform's deadline, to answer properly instead of being cut. */
const ANSWER_RESERVE_MS = 500;
const VAULT_BUDGET_MS = 3_000;
/** What was read so long before it is used is read again, within `cacheTtl` from memory. */
const READ_STANDS_MS = 500;

/**
 * Serves one MCP call, top to bottom. Order matters: nothing before `authenticate` may cost more than
 * a hash, nothing before `checkProtocol` may touch the vault, and only `callUpstream` sees a secret.
 */
export async function serveMcp(
  request: GatewayRequest,
  deps: McpDeps,
  trail: Trail,
  departure: Departure,
): Promise<Answer> {
  let id: RpcId = null;
  const refuse = (error: GatewayError): Promise<CompleteAnswer> => {
    trail.failure = toLog(error);
    return toAnswer(error, id, request.requestId);
  };

  const checked = checkRequest(request, deps.config.allowedOrigins);
  if (!checked.ok) return refuse(checked.error);

  const caller = await authenticate(request.headers['authorization'], request.endpoint, deps.facts, deps.tokens);
  if (!caller.ok) return refuse(caller.error);
  trail.subject = caller.value.subject;
  trail.clientId = caller.value.clientId;

  const upstream = findUpstream(request.endpoint, deps.config);
  if (!upstream.ok) return refuse(upstream.error);
  trail.upstream = upstream.value.name;

  const message = readMessage(request.body);
  if (!message.ok) return refuse(message.error);
  id = message.value.kind === 'response' ? null : message.value.id;
  describe(message.value, trail);

  const era = checkProtocol(request.headers, message.value);
  if (!era.ok) return refuse(era.error);
  trail.era = era.value;

  const session = await deps.sessions.open(request.headers, era.value, upstream.value.name, caller.value.subject);
  if (!session.ok) return refuse(session.error);

  const attempt: Attempt = {
    request,
    caller: caller.value,
    message: message.value,
    upstream: upstream.value,
    era: era.value,
    session: session.value,
    // One for both tries, and for what the vault takes of it.
    deadlineMs: Math.min(deps.now() + upstream.value.totalTimeoutMs, request.deadlineMs - ANSWER_RESERVE_MS),
  };
  const send = (one: Attempt, source: CredentialSource) => sendOnce(one, source, deps, trail, departure);
  const answered = await (upstream.value.credential?.owner === 'person'
    ? (deps.people as PersonCalls).serve(attempt, send, trail, departure)
    : callUpstream(attempt, deps, send));
  if (!answered.ok) return refuse(answered.error);
  if ('status' in answered.value) return answered.value;

  const { answer, credential } = answered.value;
  const result = await answerUpstream(answer, describeCall(attempt, credential, deps, refuse));
  if (!result.ok) return refuse(result.error);
  if (result.value.status >= 400) trail.failure = { reason: 'upstream_error', upstreamStatus: answer.status };
  return result.value;
}

/** Where the credential of a call is read. */
export interface CredentialSource {
  get(upstream: UpstreamConfig, deadlineMs: number): Awaitable<Result<RenderedCredential | undefined, GatewayError>>;
}

/** Sends a call with the credential a source has for it, if the grant behind it is alive. */
export type Send = (attempt: Attempt, source: CredentialSource) => Promise<Result<Answered, GatewayError>>;

export interface Attempt {
  readonly request: GatewayRequest;
  readonly caller: Principal;
  readonly message: McpMessage;
  readonly upstream: UpstreamConfig;
  readonly era: Era;
  readonly session: string | undefined;
  readonly deadlineMs: number;
}

export interface Answered {
  readonly answer: UpstreamAnswer;
  readonly credential: RenderedCredential | undefined;
}

/** Sends the call with its credential; a refused one may have a successor already. */
async function callUpstream(attempt: Attempt, deps: McpDeps, send: Send): Promise<Result<Answered, GatewayError>> {
  const first = await send(attempt, deps.credentials);
  if (!first.ok || first.value.credential === undefined || first.value.answer.status !== 401) return first;
  return (await deps.credentials.refused()).serve(first.value, attempt, send, vaultDeadline(attempt.request, deps));
}

async function sendOnce(
  attempt: Attempt,
  source: CredentialSource,
  deps: McpDeps,
  trail: Trail,
  departure: Departure,
): Promise<Result<Answered, GatewayError>> {
  const { request, caller, message, upstream, era, session } = attempt;
  // Side by side: on a platform of one call at a time, most calls wait for both reads.
  const read = () =>
    Promise.all([
      deps.grants?.check(caller, vaultDeadline(request, deps)),
      source.get(upstream, vaultDeadline(request, deps)),
    ]);
  const readAt = deps.now();
  let [grant, credential] = await read();
  // A refresh takes its time: what was revoked meanwhile counts.
  if (credential.ok && deps.now() - readAt >= READ_STANDS_MS) [grant, credential] = await read();
  if (grant?.ok === false) {
    return typeof grant.error === 'string'
      ? unauthorized(deps.facts, request.endpoint, 'grant_over')
      : err({ reason: 'issuer_unreachable' });
  }
  if (!credential.ok) return credential;
  const headers = upstreamHeaders(request.headers, era, session, credential.value);
  if (!headers.ok) return headers;
  const startedAt = deps.now();
  const sent = await deps.upstreams.send(
    {
      upstream,
      headers: headers.value,
      body: request.body,
      isSafe: isSafeMethod(message.method),
      deadlineMs: attempt.deadlineMs,
    },
    departure,
  );
  trail.upstreamMs = deps.now() - startedAt;
  if (!sent.ok) return err(toGatewayError(sent.error, upstream.name));
  return ok({ answer: sent.value, credential: credential.value });
}

function findUpstream(endpoint: string, config: GatewayConfig): Result<UpstreamConfig, GatewayError> {
  const upstream = config.upstreams.find((candidate) => candidate.name === endpoint);
  if (upstream !== undefined) return ok(upstream);
  return err({ reason: 'unknown_upstream', known: config.upstreams.map((known) => known.name) });
}

function describe(message: McpMessage, trail: Trail): void {
  trail.rpcMethod = message.method.slice(0, 128);
  const target = targetOf(message);
  if (typeof target !== 'string') return;
  // The secret of a presigned URL stands in its query; a URI may also hold a password or a token in its fragment.
  const shown = message.method === 'resources/read' ? target.replace(/[?#].*|(?<=:\/\/)[^/?#]*@/gs, '') : target;
  trail.target = shown.slice(0, 256);
}

function describeCall(
  attempt: Attempt,
  credential: RenderedCredential | undefined,
  deps: McpDeps,
  refuse: AnsweredCall['refuse'],
): AnsweredCall {
  const { caller, upstream, message, era } = attempt;
  return {
    upstream: upstream.name,
    method: message.method,
    id: message.kind === 'response' ? null : message.id,
    refuse,
    needles: credential?.needles ?? [],
    sealSession: era === 'legacy' ? (id) => deps.sessions.seal(upstream.name, caller.subject, id) : undefined,
  };
}

function vaultDeadline(request: GatewayRequest, deps: McpDeps): number {
  return Math.min(deps.now() + VAULT_BUDGET_MS, request.deadlineMs - ANSWER_RESERVE_MS);
}
