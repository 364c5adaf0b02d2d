import { networkInterfaces } from 'node:os';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type EverythingUpstream, startEverythingUpstream } from '../../../../local/demo/everything-upstream';

describe('everything upstream', () => {
  let upstream: EverythingUpstream;
  beforeAll(async () => {
    upstream = await startEverythingUpstream();
  });
  afterAll(() => upstream.close());

  test('serves the official tools on a free loopback port', async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(upstream.url)));
    const result = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
    await client.close();
    expect(result.content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
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
