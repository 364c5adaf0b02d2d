import type { Readable } from 'node:stream';

/** An inbound HTTP request, as the front door hands it over. */
export interface GatewayRequest {
  readonly method: string;
  /** Last segment of `/mcp/<name>`, as the client wrote it. */
  readonly endpoint: string;
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text where the platform delivers text: what need not be decoded and encoded again. */
  readonly body: Buffer | string;
  readonly requestId: string;
  /** When the platform ends this invocation, epoch ms. */
  readonly deadlineMs: number;
}

/** What goes back: a head, and a body that is either complete or still arriving. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
}

export type AnswerBody = CompleteBody | StreamedBody;

export interface CompleteBody {
  readonly kind: 'complete';
  readonly bytes: Buffer | string;
}

export interface StreamedBody {
  readonly kind: 'stream';
  readonly source: Readable;
  /** What the upstream says the body has, if it says; events have no length. */
  readonly lengthBytes: number | undefined;
  /** Secrets to take out of the passing bytes. */
  readonly needles: readonly Buffer[];
  /** Server-sent events: a failure can still be told as the last one. */
  readonly isEvents: boolean;
  /** Id of the request whose response must be in it; `null` if none is due. */
  readonly awaited: string | number | null;
  /** Records a failure of the source, and words it. */
  readonly fail: (failure: unknown) => Promise<CompleteAnswer>;
}

export interface CompleteAnswer extends Answer {
  readonly body: CompleteBody;
}
