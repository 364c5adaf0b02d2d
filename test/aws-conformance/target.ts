import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startEmbeddedAws } from '../../local/aws/embedded-aws';
import { sdkConfig } from '../../local/aws/sdk-config';

/** What the suite runs against: see README.md in this folder. */
const ENDPOINT = process.env['AWS_CONFORMANCE_ENDPOINT'] ?? 'embedded';

export interface Target {
  /** Given to every SDK client. */
  readonly config: object;
  readonly embedded: boolean;
  close(): Promise<void>;
}

export async function openTarget(): Promise<Target> {
  if (ENDPOINT !== 'embedded') {
    const config = ENDPOINT === 'aws' ? {} : { endpoint: ENDPOINT };
    return { config, embedded: false, close: async () => undefined };
  }
  const aws = await startEmbeddedAws();
  return { config: sdkConfig(aws), embedded: true, close: () => aws.close() };
}

/** Names what a run creates: two runs in one account do not meet. */
export function uniqueName(kind: string): string {
  return `mcp-gateway-conformance-${kind}-${randomUUID().slice(0, 8)}`;
}

export interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
}

/** How the service refused a call. Messages differ between targets, names and status must not. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  return call.then(
    () => {
      throw new Error('the call was not refused');
    },
    (error: { name: string; $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      status: error.$metadata?.httpStatusCode,
    }),
  );
}

/** A change of a real service shows after seconds; of the embedded one, at once. */
export async function eventually<T>(look: () => Promise<T>, expected: (seen: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    const seen = await look();
    if (expected(seen) || attempt === 60) return seen;
    await wait(1000);
  }
}
