import type { Writable } from 'node:stream';

/** What the managed Node runtime gives a function in its `awslambda` global. */
declare global {
  const awslambda: {
    streamifyResponse<E, C>(
      handler: (event: E, responseStream: Writable, context: C) => Promise<void>,
    ): (event: E, responseStream: Writable, context: C) => Promise<void>;
    readonly HttpResponseStream: {
      from(
        responseStream: Writable,
        head: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
      ): Writable;
    };
  };
}
