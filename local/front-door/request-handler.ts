import type { ServerResponse } from 'node:http';
import type { DoorRoute, LIMITS } from '../../lambda/contract/front-door';
import { FunctionError, type FunctionInvoker } from '../functions/invoker';
import { requestAuthorizer } from './authorizer';
import type { IamCaller } from './door-identity';
import { clientHeaders, parseBufferedAnswer } from './function-answer';
import { apiGatewayAnswer, type OwnAnswer } from './gateway-response';
import { type LocalCredentials, verifySignature } from './iam-auth';
import { type DoorRequest, proxyEvent, type Resource } from './proxy-event';
import type { MatchRoute } from './route-table';
import { sendStreamed } from './stream-answer';

export interface HandlerDeps {
  readonly match: MatchRoute;
  readonly answers: (type: string) => OwnAnswer;
  readonly invoker: FunctionInvoker;
  readonly iam: LocalCredentials;
  readonly clock: () => number;
  readonly limits: Readonly<Record<keyof typeof LIMITS, number>>;
  readonly onFunctionError: (fn: string, error: FunctionError) => void;
}

type FunctionRoute = Extract<DoorRoute, { kind: 'function' }>;

/** What the REST API does with one request, in its order: route, authorise, call, translate the answer. */
export function requestHandler(deps: HandlerDeps) {
  const authorize = requestAuthorizer({ invoker: deps.invoker, region: deps.iam.region, clock: deps.clock });

  return async (request: DoorRequest, response: ServerResponse, ownHeaders: Record<string, string>): Promise<void> => {
    const answer = (own: OwnAnswer) => {
      response.writeHead(own.status, { ...own.headers, ...ownHeaders }).end(own.body);
    };

    const found = deps.match(request.method, request.path);
    if (found === 'malformed') return answer(apiGatewayAnswer('badRequest'));
    if (!found) return answer(deps.answers('MISSING_AUTHENTICATION_TOKEN'));
    const { route, pathParameters } = found;
    if (route.kind === 'fixed') return answer(route);
    const resource: Resource = { path: route.path, pathParameters };

    // The deployed API never tells a function that the client has gone; here it shows, so that it can be tested.
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    if (response.closed) return;

    let context: Readonly<Record<string, unknown>> | undefined;
    let caller: IamCaller | undefined;
    if (route.auth === 'bearer') {
      const result = await authorize(request, resource, gone.signal);
      if (!result.allowed) return answer(deps.answers(result.response));
      context = result.context;
    } else if (route.auth === 'iam') {
      const result = verifySignature(request, deps.iam, deps.clock());
      if ('response' in result) return answer(deps.answers(result.response));
      caller = result.caller;
    }

    const event = proxyEvent(request, resource, context, caller);
    if (eventTooLarge(event, request, deps.limits.invokePayloadBytes)) {
      return answer(apiGatewayAnswer('requestTooLarge'));
    }
    try {
      await call(route, event, response, ownHeaders, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      // Whatever the function still does, nobody waits for it.
      gone.abort();
      deps.onFunctionError(route.function, FunctionError.from(error));
      answer(deps.answers(error instanceof TimedOut ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE'));
    }
  };

  async function call(
    route: FunctionRoute,
    event: object,
    response: ServerResponse,
    ownHeaders: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const own = Object.entries(ownHeaders).flat();
    if (route.stream) {
      if (route.function !== 'mcp') throw new Error(`${route.function} does not stream`);
      const answer = await within(deps.limits.streamTotalMs, deps.invoker.invokeStreaming('mcp', event, signal));
      return sendStreamed(response, answer, own, deps.limits);
    }
    const raw = await within(deps.limits.bufferedTotalMs, deps.invoker.invokeBuffered(route.function, event, signal));
    const answer = parseBufferedAnswer(raw);
    if (!answer) throw new FunctionError('ApiGateway.MalformedProxyResponse', 'The answer is not a proxy response');
    response.writeHead(answer.head.statusCode, [...clientHeaders(answer.head), ...own]).end(answer.body);
  }
}

/** Lambda's limit is on the event as JSON, which can be up to six times the size of the body in it. */
function eventTooLarge(event: object, request: DoorRequest, limitBytes: number): boolean {
  if (request.body.length < limitBytes / 8) return false;
  return Buffer.byteLength(JSON.stringify(event)) > limitBytes;
}

class TimedOut extends FunctionError {
  constructor(ms: number) {
    super('ApiGateway.IntegrationTimeout', `No answer within ${ms} ms`);
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
