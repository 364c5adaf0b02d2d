import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { createServer, getCACertificates, type Server, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { Departure } from '../../../../../lambda/core/departure';
import { UpstreamHttp } from '../../../../../lambda/io/upstream/upstream-http';
import { type TestCertificate, testCertificate } from '../../../../fixtures/test-certificate';
import { upstreamConfig } from '../../../../helpers/config';

const usual = getCACertificates('default');
const servers: Server[] = [];
afterEach(async () => {
  setDefaultCACertificates(usual);
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

/** A server of one answer per connection, and what it saw. */
async function server({ cert, key }: TestCertificate) {
  const seen = {
    requests: [] as string[],
    resumed: [] as boolean[],
    names: [] as unknown[],
    protocols: [] as unknown[],
  };
  const one = createServer({ cert, key, ALPNProtocols: ['h2', 'http/1.1'] }, (socket: TLSSocket) => {
    seen.resumed.push(socket.isSessionReused());
    seen.names.push((socket as unknown as { servername: unknown }).servername);
    seen.protocols.push(socket.alpnProtocol);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      seen.requests.push(chunk.toString('latin1'));
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}');
    });
  });
  one.on('tlsClientError', () => undefined);
  one.listen(0, '127.0.0.1');
  servers.push(one);
  await once(one, 'listening');
  return { port: (one.address() as AddressInfo).port, seen };
}

function client(url: string) {
  const http = new UpstreamHttp(Date.now);
  const upstream = upstreamConfig('up', { url });
  const headers = { authorization: 'Bearer sk_live' };
  return () =>
    http.send({ upstream, headers, body: '{}', isSafe: false, deadlineMs: Date.now() + 60_000 }, new Departure());
}

test('an upstream shows a certificate of its name, is asked by that name for HTTP/1.1, and resumes', async () => {
  const certificate = testCertificate('localhost');
  setDefaultCACertificates([certificate.cert]);
  const { port, seen } = await server(certificate);
  const send = client(`https://localhost:${port}/mcp`);
  for (let call = 0; call < 2; call += 1) {
    const sent = await send();
    if (!sent.ok) throw sent.error;
    expect([sent.value.status, await readText(sent.value.body)]).toEqual([200, '{}']);
  }
  expect(seen.requests).toHaveLength(2);
  expect([seen.resumed, seen.names, seen.protocols]).toEqual([
    [false, true],
    ['localhost', 'localhost'],
    ['http/1.1', 'http/1.1'],
  ]);
});

test.each([
  ['of nobody known', testCertificate('localhost'), 'localhost', false],
  ['of another name', testCertificate('other.example'), 'localhost', true],
  ['of a name, for an address', testCertificate('localhost'), '127.0.0.1', true],
  ['that is over', testCertificate('localhost', { expired: true }), 'localhost', true],
])('a server with a certificate %s gets no byte of a call', async (_, certificate, host, isKnown) => {
  if (isKnown) setDefaultCACertificates([certificate.cert]);
  const { port, seen } = await server(certificate);
  const sent = await client(`https://${host}:${port}/mcp`)();
  expect(sent).toEqual({ ok: false, error: expect.objectContaining({ kind: 'unreachable' }) });
  expect(seen.requests).toEqual([]);
});
