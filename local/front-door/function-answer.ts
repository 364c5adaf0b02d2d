import { LIMITS, RESPONSE_HEADER_RENAMES, RESPONSE_HEADERS_DROPPED } from '../../lambda/contract/front-door';
import type { AnswerHead } from '../functions/invoker';

const DROPPED = new Set(RESPONSE_HEADERS_DROPPED);
const MEMBERS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'cookies', 'body', 'isBase64Encoded']);

export interface BufferedAnswer {
  readonly head: AnswerHead;
  readonly body: string;
}

/** A function's buffered answer, or undefined when API Gateway would call it a malformed proxy response. */
export function parseBufferedAnswer(answer: unknown): BufferedAnswer | undefined {
  if (!isRecord(answer) || !Object.keys(answer).every((name) => MEMBERS.has(name))) return undefined;
  const { statusCode, headers, multiValueHeaders, body } = answer;
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return undefined;
  const single = headers ?? {};
  const multi = multiValueHeaders ?? {};
  if (!isRecord(single) || !Object.values(single).every(isScalar)) return undefined;
  if (!isRecord(multi) || !Object.values(multi).every(isList)) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  if (Buffer.byteLength(JSON.stringify(answer)) > LIMITS.bufferedResponseBytes) return undefined;
  return {
    head: {
      statusCode: status,
      headers: Object.fromEntries(Object.entries(single).map(([name, value]) => [name, String(value)])),
      multiValueHeaders: multi as Record<string, string[]>,
    },
    // Without binary media types a base64 body reaches the client as it is.
    body: body ?? '',
  };
}

/** The headers of a function's answer as the client gets them, flat: name, value, name, value. */
export function clientHeaders(head: AnswerHead): string[] {
  const multi = head.multiValueHeaders ?? {};
  const several = new Set(Object.keys(multi).map((name) => name.toLowerCase()));
  const flat: string[] = [];
  let typed = false;
  const add = (name: string, value: string) => {
    const lower = name.toLowerCase();
    if (DROPPED.has(lower)) return;
    typed ||= lower === 'content-type';
    flat.push(RESPONSE_HEADER_RENAMES[lower] ?? name, value);
  };
  for (const [name, value] of Object.entries(head.headers)) {
    // Given both ways, the list wins.
    if (!several.has(name.toLowerCase())) add(name, value);
  }
  for (const [name, values] of Object.entries(multi)) for (const value of values) add(name, String(value));
  for (const cookie of head.cookies ?? []) add('Set-Cookie', cookie);
  if (!typed) flat.push('Content-Type', 'application/json');
  return flat;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
const isList = (value: unknown) => Array.isArray(value) && value.every(isScalar);
