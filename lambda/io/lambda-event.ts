import { PATHS } from '../contract/paths';
import type { GatewayRequest } from '../core/http-message';

/** The part of a REST API proxy event (payload version 1.0) that the functions read. */
export interface RestProxyEvent {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  readonly pathParameters: Readonly<Record<string, string>> | null;
  readonly body: string | null;
  readonly isBase64Encoded: boolean;
  readonly requestContext: { readonly requestId: string };
}

/** A REQUEST authorizer's event. */
export interface RestAuthorizerEvent {
  readonly methodArn: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null;
  readonly requestContext: { readonly requestId: string };
}

/** The request in an event, ready for the core. */
export function readEvent(event: RestProxyEvent, deadlineMs: number): GatewayRequest {
  return {
    method: event.httpMethod,
    endpoint: event.pathParameters?.['upstream'] ?? endpointOf(event.path),
    headers: readHeaders(event),
    body: event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64') : (event.body ?? ''),
    requestId: event.requestContext.requestId,
    deadlineMs,
  };
}

/** `<name>` of `/mcp/<name>`. */
export function endpointOf(path: string): string {
  return path.startsWith(`${PATHS.mcp}/`) ? path.slice(PATHS.mcp.length + 1) : '';
}

/**
 * Lower-case header names. `headers` has only the last of several values, which an attacker could use to
 * show the gateway one value and the upstream another; joined, they match nothing.
 */
export function readHeaders(event: Pick<RestProxyEvent, 'headers' | 'multiValueHeaders'>): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  const { multiValueHeaders } = event;
  if (multiValueHeaders) {
    for (const name in multiValueHeaders) add(headers, name, (multiValueHeaders[name] ?? []).join(', '));
  } else {
    for (const name in event.headers) add(headers, name, event.headers[name] ?? '');
  }
  return headers;
}

/** The same name in two spellings is the same header twice. */
function add(headers: Record<string, string>, name: string, value: string): void {
  const key = name.toLowerCase();
  headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
}
