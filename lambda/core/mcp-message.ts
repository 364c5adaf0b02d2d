import { findDuplicateKey, findLookAlike, foldedNames } from './duplicate-keys';
import type { GatewayError, RpcId } from './gateway-error';
import { isObject, isText, utf8 } from './json';
import { err, ok, type Result } from './result';

/** One JSON-RPC message of a client, read but not changed: the bytes go upstream as they came. */
export interface McpMessage {
  readonly kind: 'request' | 'notification' | 'response';
  readonly id: RpcId;
  /** Empty for a response. */
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** Levels below which two equal keys cannot change what a call means: message, params, params._meta. */
const CHECKED_DEPTH = 3;

/** A reader may set such a limit (RFC 8259, section 9). */
export const MAX_DEPTH = 128;

export const META_VERSION = 'io.modelcontextprotocol/protocolVersion';

/** What the checks read: these must be spelled so, or a check would look past what the upstream reads. */
const NAMES = foldedNames('jsonrpc', 'id', 'method', 'params', 'result', 'error');
const PARAMS_NAMES = foldedNames('name', 'uri', 'arguments', '_meta');
const META_NAMES = foldedNames(META_VERSION);

/** Reads the body of a POST. @see https://www.jsonrpc.org/specification and MCP streamable HTTP, "Sending messages" */
export function readMessage(body: Buffer | string): Result<McpMessage, GatewayError> {
  let duplicate: string | undefined;
  let value: unknown;
  try {
    const text = isText(body) ? body : utf8.decode(body);
    // Half a surrogate pair would be another character by the time it is encoded.
    if (!text.isWellFormed()) return err({ reason: 'parse_error' });
    duplicate = findDuplicateKey(text, CHECKED_DEPTH, MAX_DEPTH);
    value = JSON.parse(text);
  } catch {
    return err({ reason: 'parse_error' });
  }
  // An array would slip each of its calls past checks made on one (batching ended with 2025-06-18).
  if (Array.isArray(value)) return err({ reason: 'batch_not_supported' });
  if (!isObject(value)) return invalid('it is not an object');
  if (duplicate !== undefined) return ambiguous(duplicate);
  const message = classify(value);
  if (!message.ok) return message;
  const { params, meta } = message.value;
  // Not in `arguments`: what their keys mean is the business of the tool.
  const lookAlike =
    findLookAlike(value, NAMES) ?? findLookAlike(params, PARAMS_NAMES) ?? findLookAlike(meta, META_NAMES);
  return lookAlike === undefined ? message : ambiguous(lookAlike);
}

function classify(value: Record<string, unknown>): Result<McpMessage, GatewayError> {
  if (value['jsonrpc'] !== '2.0') return invalid('"jsonrpc" is not "2.0"');
  const { id, method, params } = value;
  if (id !== undefined && !isId(id)) return invalid('"id" is neither a string nor a whole number');
  if (method === undefined) {
    if (id === undefined || 'result' in value === 'error' in value)
      return invalid('it has no "method", and is no response');
    return ok({ kind: 'response', id, method: '', params: {}, meta: {} });
  }
  if (!isText(method) || method === '') return invalid('"method" is not a string');
  if ('result' in value || 'error' in value) return invalid('it is a request and a response at once');
  if (params !== undefined && !isObject(params)) return invalid('"params" is not an object');
  const meta = params?.['_meta'];
  if (meta !== undefined && !isObject(meta)) return invalid('"params._meta" is not an object');
  return ok({
    kind: id === undefined ? 'notification' : 'request',
    id: id ?? null,
    method,
    params: params ?? {},
    meta: meta ?? {},
  });
}

function ambiguous(key: string): Result<never, GatewayError> {
  return err({ reason: 'ambiguous_json', key: key.slice(0, 40) });
}

function invalid(detail: string): Result<never, GatewayError> {
  return err({ reason: 'invalid_message', detail });
}

/** A larger number would come back as another one, `1e400` as `null`: nobody could match the answer. */
function isId(value: unknown): value is string | number {
  return isText(value) || Number.isSafeInteger(value);
}
