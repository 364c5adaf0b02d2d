import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { isText } from '../core/json';
import { type HttpTarget, openRequest } from './http-target';

/** A secret is at most 64 KB, a key set of a large issuer as much; whatever is far larger is no answer to us. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface Attempt {
  readonly target: HttpTarget;
  /** `false`: a connection of its own. */
  readonly agent: Agent | false;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** @default 1 MB */
  readonly maxBytes?: number;
  /** In place of the system's: connects to addresses that were checked. */
  readonly lookup?: LookupFunction;
}

export type AttemptOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | { readonly kind: 'broken'; readonly name: string; readonly reusedSocket: boolean };

/** One HTTP request and its whole answer, or the name of what broke it. Never rejects. */
export function exchange(attempt: Attempt): Promise<AttemptOutcome> {
  const { target, timeoutMs, body, maxBytes = MAX_ANSWER_BYTES, ...options } = attempt;
  return new Promise((resolve) => {
    const request = openRequest(target, options);
    const settle = (outcome: AttemptOutcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const broken = (name: string): void => {
      settle({ kind: 'broken', name, reusedSocket: request.reusedSocket });
      request.destroy();
    };
    const timer = setTimeout(() => broken('TimeoutError'), timeoutMs);
    request.on('error', (error) => broken(errorCode(error)));
    request.on('response', (response) => {
      collect(response, maxBytes, (outcome) => (isText(outcome) ? broken(outcome) : settle(outcome)));
    });
    request.end(body);
  });
}

function collect(response: IncomingMessage, maxBytes: number, done: (outcome: AttemptOutcome | string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) done('AnswerTooLarge');
    else chunks.push(chunk);
  });
  response.on('error', (error) => done(errorCode(error)));
  response.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    done({ kind: 'answer', status: response.statusCode ?? 0, headers: response.headers, body });
  });
}

/** The code only: a message of node's may quote bytes of the answer. */
function errorCode(error: NodeJS.ErrnoException): string {
  return /^[A-Z][A-Z0-9_]{2,63}$/.test(error.code ?? '') ? String(error.code) : 'NetworkError';
}
