import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { UpstreamAnswer, UpstreamCall } from '../../lambda/core/upstream-call';
import { readAnswer } from '../helpers/answers';
import { json, type PersonScene, personScene } from '../helpers/person-scene';

const IDENTITY = { name: 'agent', version: '1.0.0' };
const LINK = /https:\/\/mcp\.example\/connect\/github\?e=[\w-]+/;
const URL_CAPABLE = { capabilities: { elicitation: { url: {} } } };

let scene: PersonScene;
let server: Server;
let url: URL;

beforeEach(async () => {
  scene = personScene();
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = { ...(request.headers as Record<string, string>), authorization: 'Bearer caller-token' };
    const answer = await scene.serve({ method: request.method ?? '', headers, body: Buffer.concat(chunks) });
    response.writeHead(answer.status, { ...answer.headers }).end(await readAnswer(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp/hub`);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** An upstream of one tool; of the older revisions it demands a session. */
function upstream({ body, headers }: UpstreamCall): UpstreamAnswer {
  const { id, method } = JSON.parse(String(body)) as { id?: unknown; method: string };
  const isModern = headers['mcp-protocol-version'] === '2026-07-28';
  const result = (value: object, more: Record<string, string> = {}) =>
    json(
      200,
      JSON.stringify({ jsonrpc: '2.0', id, result: { ...(isModern ? { resultType: 'complete' } : {}), ...value } }),
      more,
    );
  if (method === 'initialize') {
    const serverInfo = { name: 'hub', version: '1' };
    return result(
      { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo },
      { 'mcp-session-id': 'u1' },
    );
  }
  if (!isModern && headers['mcp-session-id'] !== 'u1') return json(400, '{"error":"no session"}');
  if (id === undefined) return json(202, '');
  if (method === 'tools/list') {
    const tools = [{ name: 'whoami', inputSchema: { type: 'object' } }];
    return result({ tools, ...(isModern ? { ttlMs: 0, cacheScope: 'private' } : {}) });
  }
  return result({
    content: [{ type: 'text', text: headers['authorization'] === 'Bearer gho_alice' ? 'alice' : 'nobody' }],
  });
}

const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text ?? '';

async function connectV1(options = {}) {
  const client = new ClientV1(IDENTITY, options);
  await client.connect(new TransportV1(url) as never);
  return client;
}

async function connectV2(mode: 'legacy' | 'modern', options = {}) {
  const client = new ClientV2(IDENTITY, {
    ...options,
    versionNegotiation: { mode: mode === 'modern' ? { pin: '2026-07-28' } : mode },
  });
  await client.connect(new TransportV2(url));
  return client;
}

test('client v2 of 2026-07-28 shows the link, and its call goes on by itself when the person has finished', async () => {
  scene.answers = [upstream];
  const client = await connectV2('modern', URL_CAPABLE);
  const shown: unknown[] = [];
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    shown.push(params);
    return { action: 'accept' as const };
  });
  let pauses = 0;
  scene.onSleep = () => {
    pauses += 1;
    // Longer than one held call: the second one is asked for without showing anything again.
    return pauses === 50 && scene.connect({ token: 'gho_alice' });
  };
  expect(textOf(await client.callTool({ name: 'whoami', arguments: {} }))).toBe('alice');
  expect(shown).toEqual([
    { mode: 'url', url: expect.stringMatching(LINK), message: 'Connect your GitHub account to continue' },
  ]);
  expect(scene.sent).toHaveLength(1);
  await client.close();
});

test('client v2 of 2026-07-28 that opens no URLs gets the link as text, and the tools afterwards', async () => {
  scene.answers = [upstream];
  const client = await connectV2('modern');
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['connect_github']);
  expect(textOf(await client.callTool({ name: 'connect_github', arguments: {} }))).toMatch(LINK);
  await scene.connect();
  expect(textOf(await client.callTool({ name: 'connect_github', arguments: {} }))).toMatch(/is connected/);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
  await client.close();
});

test.each([
  ['v1', connectV1, 1],
  // It keeps the session id of its beginning, so that each call opens one at the upstream.
  ['v2 of the older revisions', (options?: object) => connectV2('legacy', options), 2],
] as const)(
  'client %s that opens URLs gets error -32042, and goes on in the session it has',
  async (_, connect, opened) => {
    scene.answers = [upstream];
    const client = await connect(URL_CAPABLE);
    const refusal = await (client.callTool({ name: 'whoami', arguments: {} }) as Promise<unknown>).catch(
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({
      code: -32042,
      data: { elicitations: [{ mode: 'url', url: expect.stringMatching(LINK), elicitationId: expect.any(String) }] },
    });
    await scene.connect({ token: 'gho_alice' });
    expect(textOf(await client.callTool({ name: 'whoami', arguments: {} }))).toBe('alice');
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
    const methods = scene.sent.map(({ body }) => (JSON.parse(String(body)) as { method: string }).method);
    expect(methods.filter((method) => method === 'initialize')).toHaveLength(opened);
    await client.close();
  },
);

test.each([
  ['v1', connectV1],
  ['v2 of the older revisions', (options?: object) => connectV2('legacy', options)],
])('client %s that opens no URLs gets the link as text', async (_, connect) => {
  const client = await connect();
  const result = await client.callTool({ name: 'whoami', arguments: {} });
  expect([textOf(result), (result as { isError: boolean }).isError]).toEqual([expect.stringMatching(LINK), true]);
  await client.close();
});
