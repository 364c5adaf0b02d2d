import { AwsError } from '../aws-error';
import { type AwsService, HttpAnswer, type JsonObject } from '../aws-service';

/** Finds a function by its name. It resolves to the answer, or throws as the function did. */
export type LocalFunctions = (name: string) => ((payload: unknown) => Promise<unknown>) | undefined;

const INVOCATIONS = /^\/2015-03-31\/functions\/((?:[^/?%]|%[0-7][0-9A-Fa-f])+)\/invocations$/;
const FUNCTION_ARN = /^arn:aws:lambda:[^:]*:[^:]*:function:/;
/** `name`, with or without a qualifier. */
const FUNCTION_NAME = /^([a-zA-Z0-9-_]{1,64})(?::[a-zA-Z0-9$_-]+)?$/;

/** Lambda, as far as one function invokes another: synchronous Invoke, by name or ARN. */
export function lambdaService(functions: LocalFunctions): AwsService {
  return {
    name: 'lambda',
    contentType: 'application/json',
    operations: new Set(['Invoke']),
    route(path) {
      const name = INVOCATIONS.exec(path)?.[1];
      return name === undefined ? undefined : { operation: 'Invoke', input: { FunctionName: name } };
    },
    async call(_operation, { FunctionName }: JsonObject, body = Buffer.alloc(0)) {
      const run = functions(functionName(String(FunctionName)));
      if (run === undefined) throw new AwsError('ResourceNotFoundException', 'Function not found', 404);
      const payload = parsePayload(body);
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
