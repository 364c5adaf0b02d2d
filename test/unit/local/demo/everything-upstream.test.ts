import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type EverythingUpstream, startEverythingUpstream } from '../../../../local/demo/everything-upstream';

const KEY = 'everything-test-key';

describe('everything upstream', () => {
  let upstream: EverythingUpstream;
  beforeAll(async () => {
    upstream = await startEverythingUpstream({ key: KEY });
  });
  afterAll(() => upstream.close());

  const connected = async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { Authorization: `Bearer ${KEY}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(upstream.url), { requestInit }));
    return client;
  };

  test('serves the official tools on a free loopback port', async () => {
    const client = await connected();
    const result = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
    await client.close();
    expect(result.content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
  });

  test('fetches nothing from other servers', async () => {
    const client = await connected();
    const data = `http://127.0.0.1:${upstream.port}/mcp`;
    const result = await client.callTool({ name: 'gzip-file-as-resource', arguments: { data } });
    await client.close();
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: `Error processing file ${data}: Domain 127.0.0.1 is not in the allowed domains list.` }],
    });
  });

  test.each<[string, string, Record<string, string>, number]>([
    ['a web page, even one that knows the key', 'POST', { Origin: 'https://evil.example' }, 403],
    ['a page on this machine', 'POST', { Origin: 'http://localhost:3000' }, 403],
    ['the preflight of a web page', 'OPTIONS', { Origin: 'https://evil.example' }, 403],
    ['a name that was rebound to this machine', 'POST', { Host: 'evil.example' }, 403],
    ['a name that only begins like this machine', 'POST', { Host: '127.0.0.1.evil.example' }, 403],
    ['a caller without the key', 'POST', { Authorization: '' }, 401],
    ['a caller with another key', 'POST', { Authorization: 'Bearer other' }, 401],
    ['a caller without the key at another path', 'GET', { Authorization: '' }, 401],
  ])('refuses %s', async (_name, method, headers, status) => {
    expect(await answerTo(upstream, method, { Authorization: `Bearer ${KEY}`, ...headers })).toEqual({
      status,
      // Not even the refusal is for a web page to read.
      allowedOrigin: undefined,
    });
  });

  test('refuses connections from any other interface', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter((address) => !address.internal && address.family === 'IPv4');
    const reached = await Promise.allSettled(others.map((a) => fetch(`http://${a.address}:${upstream.port}/mcp`)));
    expect(reached.filter((attempt) => attempt.status === 'fulfilled')).toEqual([]);
  });

  test('fails with the child’s own reason when its port is taken', async () => {
    await expect(startEverythingUpstream({ port: upstream.port })).rejects.toThrow(
      `Failed to start: Port ${upstream.port} is already in use`,
    );
  });
});

test('the everything upstream ends when it is closed', async () => {
  const upstream = await startEverythingUpstream();
  await upstream.close();
  await expect(fetch(upstream.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

/** By node:http, which sends any `Host` and `Origin`. */
function answerTo(upstream: EverythingUpstream, method: string, headers: Record<string, string>) {
  return new Promise<{ status: number | undefined; allowedOrigin: string | undefined }>((resolve, reject) => {
    request(upstream.url, { method, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, allowedOrigin: answer.headers['access-control-allow-origin'] });
    })
      .once('error', reject)
      .end();
  });
}
