import type { Readable } from 'node:stream';

export type FunctionName =
  | 'mcp'
  | 'authorizer'
  | 'vault'
  | 'authz'
  | 'grants'
  | 'fetcher'
  | 'keys'
  | 'connect'
  | 'refresher'
  | 'rotation';

/** What a streamed answer says before its body. */
export interface AnswerHead {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly multiValueHeaders?: Record<string, string[]>;
  readonly cookies?: string[];
}

export interface StreamedAnswer {
  readonly head: AnswerHead;
  /** Errors when the function fails after the head; destroying it tells the function that nobody listens. */
  readonly body: Readable;
}

/** Calls our functions as API Gateway does; who runs them, and how, is the implementation's secret. */
export interface FunctionInvoker {
  /** Rejects with a {@link FunctionError} when the function fails. */
  invokeBuffered(fn: FunctionName, event: object, signal: AbortSignal): Promise<unknown>;
  /** Resolves when the head of the answer is there; rejects with a {@link FunctionError} when the function fails before. */
  invokeStreaming(fn: 'mcp', event: object, signal: AbortSignal): Promise<StreamedAnswer>;
  close(): Promise<void>;
}

/** What Lambda reports of a failed invocation. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';

  constructor(
    /** `Sandbox.Timedout`, `Runtime.ExitError`, or the name of the error the handler threw. */
    readonly errorType: string,
    readonly errorMessage: string,
  ) {
    super(`${errorType}: ${errorMessage}`);
  }

  /** From whatever a handler threw, as the runtime client reports it. */
  static from(thrown: unknown): FunctionError {
    if (thrown instanceof FunctionError) return thrown;
    // Not instanceof Error: the handler may live in another realm than its caller.
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      const { name, message } = thrown as { name?: unknown; message: unknown };
      return new FunctionError(typeof name === 'string' ? name : 'Error', String(message));
    }
    return new FunctionError(typeof thrown, String(thrown));
  }
}
