import { AwsError } from '../aws-error';
import { type AwsService, HttpAnswer, type JsonObject } from '../aws-service';

/** Finds a function by its name. It resolves to the answer, or throws as the function did. */
export type LocalFunctions = (name: string) => ((payload: unknown) => Promise<unknown>) | undefined;

const INVOCATIONS = /^\/2015-03-31\/functions\/((?:[^/?%]|%[0-7][0-9A-Fa-f])+)\/invocations$/;
const FUNCTION_ARN = /^arn:aws:lambda:[^:]*:[^:]*:function:/;
/** `name`, with or without a qualifier. */
const FUNCTION_NAME = /^([a-zA-Z0-9-_]{1,64})(?::[a-zA-Z0-9$_-]+)?$/;

/**
 * Lambda, as far as one function invokes another: Invoke by name or ARN, whose caller waits (`RequestResponse`) or does
 * not (`Event`). An event is tried once, where Lambda would try it three times.
 */
export function lambdaService(functions: LocalFunctions): AwsService {
  const events = new Set<Promise<unknown>>();

  return {
    name: 'lambda',
    contentType: 'application/json',
    operations: new Set(['Invoke']),
    route(path, headers) {
      const FunctionName = INVOCATIONS.exec(path)?.[1];
      const InvocationType = headers.get('x-amz-invocation-type') ?? 'RequestResponse';
      return FunctionName === undefined ? undefined : { operation: 'Invoke', input: { FunctionName, InvocationType } };
    },
    async call(_operation, { FunctionName, InvocationType }: JsonObject, body = Buffer.alloc(0)) {
      const run = functions(functionName(String(FunctionName)));
      if (run === undefined) throw new AwsError('ResourceNotFoundException', 'Function not found', 404);
      const payload = parsePayload(body);
      if (InvocationType === 'Event') {
        const event = run(payload)
          .catch(() => undefined)
          .finally(() => events.delete(event));
        events.add(event);
        return new HttpAnswer({}, '', 202);
      }
      if (InvocationType !== 'RequestResponse') {
        throw new AwsError('UnsupportedOperationException', `the embedded AWS does not emulate ${InvocationType}`);
      }
      const version = { 'X-Amz-Executed-Version': '$LATEST' };
      try {
        return new HttpAnswer(version, JSON.stringify((await run(payload)) ?? null));
      } catch (error) {
        return new HttpAnswer({ ...version, 'X-Amz-Function-Error': 'Unhandled' }, JSON.stringify(reported(error)));
      }
    },
    errorBody: (error) => ({ Type: error.status < 500 ? 'User' : 'Service', Message: error.message }),
    throttled: () => new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429),
    failed: () => new AwsError('ServiceException', 'Internal server error', 500),
    close: async () => {
      await Promise.all(events);
    },
  };
}

function functionName(wireName: string): string {
  const name = FUNCTION_NAME.exec(decodeURIComponent(wireName).replace(FUNCTION_ARN, ''))?.[1];
  if (name === undefined) throw new AwsError('ValidationException', 'functionName is not the name of a function');
  return name;
}

function parsePayload(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

/** What the runtime reports of a failed invocation. */
function reported(error: unknown): object {
  const { errorType, errorMessage, name, message } = Object(error) as Readonly<Record<string, unknown>>;
  return { errorType: String(errorType ?? name ?? 'Error'), errorMessage: String(errorMessage ?? message ?? error) };
}
