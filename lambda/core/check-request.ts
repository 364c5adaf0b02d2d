import { INVOKE_PAYLOAD_BYTES } from '../contract/front-door';
import type { GatewayError } from './gateway-error';
import type { GatewayRequest } from './http-message';
import { EVENT_STREAM_TYPE, JSON_TYPE, USUAL_ACCEPT } from './media-types';
import { err, ok, type Result } from './result';

/** Checks what can be told of a request without reading its body. @see MCP streamable HTTP, "Sending messages" */
export function checkRequest(
  request: GatewayRequest,
  allowedOrigins: readonly string[],
): Result<undefined, GatewayError> {
  if (request.method !== 'POST') return err({ reason: 'method_not_allowed' });
  const { origin, accept = '', 'content-type': contentType = '' } = request.headers;
  // DNS rebinding: a page the person merely visits must not speak for them.
  if (origin !== undefined && !allowedOrigins.includes(origin)) return err({ reason: 'origin_not_allowed' });
  if (!/^application\/json *(;|$)/i.test(contentType)) return err({ reason: 'unsupported_media_type' });
  if (accept !== USUAL_ACCEPT && !(accepts(accept, JSON_TYPE) && accepts(accept, EVENT_STREAM_TYPE))) {
    return err({ reason: 'not_acceptable' });
  }
  if (Buffer.byteLength(request.body) > INVOKE_PAYLOAD_BYTES) {
    return err({ reason: 'request_too_large', limitBytes: INVOKE_PAYLOAD_BYTES });
  }
  return ok(undefined);
}

function accepts(accept: string, mediaType: string): boolean {
  const anySubtype = `${mediaType.slice(0, mediaType.indexOf('/'))}/*`;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false;
    return type === mediaType || type === anySubtype || type === '*/*';
  });
}
