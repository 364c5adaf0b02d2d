import type { Readable } from 'node:stream';
import { LIMITS } from '../../lambda/contract/front-door';
import { type AnswerHead, FunctionError, type StreamedAnswer } from './invoker';

/** Ends the head of a streamed answer. */
export const HEAD_DELIMITER: Uint8Array = new Uint8Array(8);

/**
 * Takes the head off a function's response stream: a JSON object and 8 NUL bytes, as
 * `awslambda.HttpResponseStream.from` writes them. The rest stays in the stream, which becomes the body.
 */
export function readStreamHead(source: Readable): Promise<StreamedAnswer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);

    const settle = () => {
      source.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onEnd);
    };
    const fail = (error: unknown) => {
      settle();
      source.on('error', ignore).destroy();
      reject(FunctionError.from(error));
    };
    const onError = fail;
    const onEnd = () => fail(new FunctionError('Runtime.InvalidStreamHead', 'The stream ended before its head did'));
    const onReadable = () => {
      for (let chunk = source.read(); chunk !== null; chunk = source.read()) {
        seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
        const end = seen.indexOf(HEAD_DELIMITER);
        if (end > LIMITS.streamHeadBytes || (end < 0 && seen.length > LIMITS.streamHeadBytes)) {
          return fail(new FunctionError('Runtime.InvalidStreamHead', 'The head is larger than API Gateway reads'));
        }
        if (end >= 0) {
          const head = parseHead(seen.toString('utf8', 0, end));
          if (!head) return fail(new FunctionError('Runtime.InvalidStreamHead', 'The head is not a valid JSON head'));
          settle();
          // Until the reader listens for itself: a failure right behind the head must not be an uncaught one.
          source.on('error', ignore);
          const rest = seen.subarray(end + HEAD_DELIMITER.length);
          if (rest.length > 0) source.unshift(rest);
          return resolve({ head, body: source });
        }
      }
    };
    source.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onEnd);
  });
}

function parseHead(text: string): AnswerHead | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { statusCode = 200, headers = {}, multiValueHeaders, cookies } = value as Record<string, unknown>;
  if (!Number.isInteger(statusCode) || Number(statusCode) < 200 || Number(statusCode) > 599) return undefined;
  if (!isRecord(headers) || !Object.values(headers).every(isScalar)) return undefined;
  const multi = multiValueHeaders ?? undefined;
  if (multi !== undefined && (!isRecord(multi) || !Object.values(multi).every(isList))) return undefined;
  if (cookies !== undefined && cookies !== null && !isList(cookies)) return undefined;
  return {
    statusCode: Number(statusCode),
    headers: Object.fromEntries(Object.entries(headers).map(([name, item]) => [name, String(item)])),
    ...(multi === undefined ? {} : { multiValueHeaders: multi as Record<string, string[]> }),
    ...(Array.isArray(cookies) ? { cookies } : {}),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isScalar);
const ignore = () => undefined;
