import { McpGatewayError } from './gateway-error';
import { type OutgoingRequest, sendRequest } from './send-request';
import type { RequestSigner } from './sign-request';

/** How a call of the gateway's own APIs proves who makes it. */
export interface CallerIdentity {
  readonly kind: 'aws' | 'token';
  /** Whatever takes longer than a request may, done before the first one. */
  prepare?(): Promise<unknown>;
  readonly sign: RequestSigner;
  /** After a 401: whether the call is worth sending again. */
  renewed?(): Promise<boolean>;
}

export interface ApiCall {
  readonly method: OutgoingRequest['method'];
  readonly url: URL;
  readonly body?: string;
  /** Whether sending it twice does no more than sending it once. */
  readonly repeatable?: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  readonly attempts: number;
}

/** Sends one call; whoever calls judges the status. */
export async function callApi(call: ApiCall, identity: CallerIdentity, timeoutMs: number): Promise<ApiAnswer> {
  const { method, url, body, repeatable = false } = call;
  const payload = body === undefined ? {} : { body };
  const headers = {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const send = () =>
    sendRequest(
      { method, url, repeatable, ...payload },
      () => identity.sign({ method, url, headers, ...payload }),
      timeoutMs,
    );
  await identity.prepare?.();
  const answer = await send();
  // A call whose token was refused did nothing, so that even one that is not repeatable may be sent again.
  return answer.status === 401 && (await identity.renewed?.()) ? send() : answer;
}

export function parsedAnswer<T>(text: string, url: URL): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new McpGatewayError(
      'gateway_answer_invalid',
      `${url.origin} answered with something that is not JSON`,
      'Check that the URL is the gateway’s own.',
    );
  }
}
