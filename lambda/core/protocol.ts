import type { GatewayError } from './gateway-error';
import { isObject, utf8 } from './json';
import { type McpMessage, META_VERSION } from './mcp-message';
import { err, ok, type Result } from './result';

/** The stateless revision: version, method and name stand in headers, session ids do not exist. */
export const MODERN_VERSION = '2026-07-28';

/** Revisions whose requests the gateway passes on; a request without the header is one of 2025-03-26 or `initialize`. */
export const SUPPORTED_VERSIONS: readonly string[] = [
  MODERN_VERSION,
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
];

export type Era = 'modern' | 'legacy';

export const META_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

/** Methods that need a stream outliving the request, which the gateway does not offer. */
const NOT_OFFERED = new Set(['subscriptions/listen', 'resources/subscribe', 'resources/unsubscribe']);

/** Which parameter `Mcp-Name` repeats. */
const NAME_PARAMETER: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/**
 * Checks that a message keeps the rules of the revision it claims, and says which era that is.
 * @see MCP 2026-07-28, basic/transports/streamable-http, "Protocol Version Header" and "Request Headers"
 */
export function checkProtocol(
  headers: Readonly<Record<string, string>>,
  message: McpMessage,
): Result<Era, GatewayError> {
  const claimed = headers['mcp-protocol-version'];
  const inBody = message.meta[META_VERSION];
  if (inBody !== undefined && claimed !== inBody) return err(mismatch('MCP-Protocol-Version'));
  if (claimed !== undefined && !SUPPORTED_VERSIONS.includes(claimed)) {
    return err({
      reason: 'unsupported_protocol_version',
      requested: claimed.slice(0, 40),
      // A request in the modern shape learns what `server/discover` lists; the older ones are agreed on by `initialize`.
      supported: inBody === undefined ? SUPPORTED_VERSIONS : [MODERN_VERSION],
    });
  }
  const era: Era = claimed === MODERN_VERSION ? 'modern' : 'legacy';
  if (era === 'modern') {
    const refusal = checkModern(headers, message);
    if (refusal) return err(refusal);
  }
  if (NOT_OFFERED.has(message.method)) {
    return err({ reason: 'method_not_offered', method: message.method, modern: era === 'modern' });
  }
  return ok(era);
}

function checkModern(headers: Readonly<Record<string, string>>, message: McpMessage): GatewayError | undefined {
  if (message.kind === 'response') {
    return { reason: 'invalid_message', detail: 'clients of this revision send no responses' };
  }
  const isRequest = message.kind === 'request';
  if (isRequest) {
    const { [META_VERSION]: version, [META_CAPABILITIES]: capabilities } = message.meta;
    const key = typeof version !== 'string' ? META_VERSION : isObject(capabilities) ? undefined : META_CAPABILITIES;
    if (key !== undefined) return { reason: 'missing_meta', key };
  }
  const method = headers['mcp-method'];
  if (method === undefined ? isRequest : method !== message.method) {
    return mismatch('Mcp-Method');
  }
  const name = headers['mcp-name'];
  // The tasks extension has it name the task; not all its clients do.
  const named = message.method.startsWith('tasks/') ? message.params['taskId'] : targetOf(message);
  if (
    name === undefined ? NAME_PARAMETER.has(message.method) : named === undefined || decodeHeaderValue(name) !== named
  ) {
    return mismatch('Mcp-Name');
  }
  return undefined;
}

/** The tool, prompt or resource a message names: what `Mcp-Name` repeats. */
export function targetOf(message: McpMessage): unknown {
  const parameter = NAME_PARAMETER.get(message.method);
  return parameter === undefined ? undefined : message.params[parameter];
}

/** `=?base64?…?=` carries text that a header cannot; anything else stands for itself. `undefined` if undecodable. */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function mismatch(header: string): GatewayError {
  return { reason: 'header_mismatch', header };
}
