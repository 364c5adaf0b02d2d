import { type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Where a URL leads, in the words of `node:http`. */
export interface HttpTarget {
  readonly secure: boolean;
  /** Of an IPv6 address, without its brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
}

export function httpTarget({ protocol, hostname, port, pathname, search }: URL): HttpTarget {
  const secure = protocol === 'https:';
  return {
    secure,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
    path: pathname + search,
  };
}

/** Begins a request, by the scheme's own client. */
export function openRequest(
  { secure, hostname, port, path }: HttpTarget,
  options: Pick<RequestOptions, 'agent' | 'method' | 'headers' | 'lookup'>,
): ClientRequest {
  return (secure ? httpsRequest : httpRequest)({ ...options, host: hostname, port, path });
}
