import { setTimeout as sleep } from 'node:timers/promises';
import { McpGatewayError } from './gateway-error';

export interface OutgoingRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly body?: string;
  /** Whether sending it twice does no more than sending it once. */
  readonly repeatable: boolean;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly text: string;
  /** How many times the request was sent. */
  readonly attempts: number;
}

const ATTEMPTS = 3;
const LARGEST_ANSWER_BYTES = 10 * 1024 * 1024;
const TRANSIENT = new Set([429, 502, 503, 504]);

/** Sends a request within a deadline, again after a passing failure if it is repeatable. Never follows a redirect. */
export async function sendRequest(
  request: OutgoingRequest,
  headers: () => Promise<Record<string, string>>,
  timeoutMs: number,
): Promise<IncomingAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  for (let attempt = 1; ; attempt++) {
    const last = attempt === ATTEMPTS || !request.repeatable;
    try {
      // Made anew for each attempt: a signature is good for minutes only.
      const answer = await fetch(request.url, {
        method: request.method,
        headers: await headers(),
        redirect: 'manual',
        signal: deadline,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      if (last || !TRANSIENT.has(answer.status)) {
        refuseRedirect(answer.status, request.url);
        return { status: answer.status, text: await readText(answer), attempts: attempt };
      }
      await answer.body?.cancel();
      await sleep(pauseMs(attempt, answer.headers.get('retry-after')), undefined, { signal: deadline });
    } catch (error) {
      if (error instanceof McpGatewayError) throw error;
      if (deadline.aborted) throw timedOut(request.url, timeoutMs);
      if (last) throw unreachable(request.url, error);
      await sleep(pauseMs(attempt, null), undefined, { signal: deadline }).catch(() => {
        throw timedOut(request.url, timeoutMs);
      });
    }
  }
}

export function refuseRedirect(status: number, url: URL): void {
  if (status < 300 || status > 399) return;
  throw new McpGatewayError(
    'gateway_redirected',
    `${url.origin} answered with a redirect (${status}), which is not followed`,
    'A gateway never redirects: check that the URL is the gateway’s own.',
  );
}

/** The reason is a code such as ECONNREFUSED: node's messages may quote what was sent. */
export function unreachable(url: URL, error: unknown): McpGatewayError {
  const { cause, code = cause?.code } = error as { code?: unknown; cause?: { code?: unknown } };
  const reason = typeof code === 'string' ? code : 'connection failed';
  return new McpGatewayError(
    'gateway_unreachable',
    `The gateway at ${url.origin} cannot be reached (${reason})`,
    'Check the URL and the network; for a local gateway, that "npm start" is still running.',
  );
}

export function timedOut(url: URL, timeoutMs: number): McpGatewayError {
  return new McpGatewayError(
    'gateway_timeout',
    `The gateway at ${url.origin} did not answer within ${timeoutMs} ms`,
    'Try again, or allow more time by the option timeout.',
  );
}

/** 100 and 200 ms with full jitter, or what the gateway asks for, a second at most. */
function pauseMs(attempt: number, retryAfter: string | null): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1000;
  return Number.isFinite(asked) && asked > 0 ? Math.min(asked, 1000) : Math.random() * 100 * 2 ** (attempt - 1);
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES) {
      throw new McpGatewayError(
        'gateway_answer_invalid',
        `${new URL(answer.url).origin} answered with more than 10 MB`,
        'Check that the URL is the gateway’s own.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
