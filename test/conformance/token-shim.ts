import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface TokenShim {
  readonly origin: string;
  /** Where requests go, and the access token they get. */
  forwardTo(origin: string, token: string): void;
  close(): Promise<void>;
}

/**
 * Adds an access token to what the conformance tool sends, which has no option for it.
 *
 * Everything else passes as it came, a foreign `Host` and any `Origin` above all: scenarios test what the gateway does
 * with them. Only the shim's own name becomes the gateway's, as the API serves no other.
 */
export async function startTokenShim(): Promise<TokenShim> {
  let target = '';
  let authorization = '';
  const ownHost = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const server = createServer((inbound, answer) => {
    // A value equal to the whole `host:port` is a Host header; an Origin has a scheme before it.
    const renamed = inbound.rawHeaders.map((text) => (text === ownHost() ? new URL(target).host : text));
    const headers = [...renamed, 'Authorization', authorization];
    const outbound = request(target + inbound.url, { method: inbound.method, headers: headers as never, agent: false });
    outbound.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      answer.flushHeaders();
      pipeline(response, answer, () => undefined);
    });
    outbound.on('error', () => answer.destroy());
    answer.on('close', () => outbound.destroy());
    pipeline(inbound, outbound, () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://${ownHost()}`,
    forwardTo: (origin, token) => {
      target = origin;
      authorization = `Bearer ${token}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
