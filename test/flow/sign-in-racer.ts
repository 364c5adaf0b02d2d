import { inProcessInvoker } from '../../local/functions/in-process-invoker';
import { runRacer } from '../helpers/racer';

const { env } = process;
// Its log would be all there is to see of a test run.
process.stdout.write = () => true;

/** One warm instance of the authz function; the directory it was staged in comes by the environment. */
const functions = inProcessInvoker({
  functionDirs: { authz: env['AUTHZ_DIR'] ?? '' },
  env: Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
});

export interface RacedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RacedAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

runRacer({
  /** Loads the function, so that a race is not won by whoever was loaded first. */
  warmUp: async () => {
    await functions;
  },
  /** Each run sends the next of the requests. */
  ask: async (requests: readonly RacedRequest[], run) => {
    const request = requests[run % requests.length];
    if (request === undefined) throw new Error('no request to send');
    const { method, path, query, headers = {}, body } = request;
    const event = {
      httpMethod: method,
      path,
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      multiValueQueryStringParameters:
        query && Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
      requestContext: { requestId: `race-${run}` },
      body: body ?? null,
      isBase64Encoded: false,
    };
    return (await functions).invokeBuffered('authz', event, new AbortController().signal);
  },
});
