import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { CreateMessageRequestSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type EverythingUpstream, startEverythingUpstream } from '../../local/demo/everything-upstream';
import { type DemoIssuer, startDemoIssuer } from '../../local/demo/issuer';
import { type KeyUpstream, startKeyUpstream } from '../../local/demo/key-upstream';
import { maskSecret } from '../../local/demo/mask-secret';
import { McpGateway } from '../../sdk/mcp-gateway';
import { type EverythingFixture, startEverythingFixture } from '../fixtures/everything-fixture';
import { startScriptedUpstream } from '../fixtures/scripted-upstream';
import { answerJson, answerPieces, answerStatus, gate, sseEvent, sseResult, textResult } from '../fixtures/scripts';
import { type GatewayProcess, startGatewayProcess } from './harness/gateway-process';
import { connectInspector, connectV1, connectV2, type Door, type RealClient } from './harness/real-clients';

const KEY = 'sk_demo_clients_0123456789abcdef';

const INITIALIZED = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'scripted', version: '1.0.0' },
};
const DISCOVERED = {
  resultType: 'complete',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: 'private',
};

let issuer: DemoIssuer;
let everything: EverythingUpstream;
let keyed: KeyUpstream;
let fixture: EverythingFixture;
let scripted: Awaited<ReturnType<typeof startScriptedUpstream>>;
let gateway: GatewayProcess;

beforeAll(async () => {
  [issuer, everything, keyed, fixture, scripted] = await Promise.all([
    startDemoIssuer(),
    startEverythingUpstream(),
    startKeyUpstream({ headerValue: `Bearer ${KEY}` }),
    startEverythingFixture(),
    startScriptedUpstream((exchange) => exchange.reset()),
  ]);
  gateway = await startGatewayProcess({
    upstreams: [
      { name: 'everything', url: everything.url },
      { name: 'keyed', url: keyed.url, credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } },
      { name: 'fixture', url: fixture.url },
      { name: 'scripted', url: scripted.url },
    ],
    issuer: issuer.issuer,
    cacheTtlMs: 0,
  });
  await mcpGateway().storeInVault({ provider: 'acme', key: KEY, vaultType: 'encrypted-credentials-proxy' });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([issuer, everything, keyed, fixture, scripted].map((party) => party.close()));
});

/** The client SDK of this package, with the identity an operator has. */
function mcpGateway(token?: string): McpGateway {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '' } = gateway.aws.env;
  return new McpGateway({
    authMode: 'iam',
    clientId: 'e2e',
    cacheTtl: '1s',
    url: gateway.url,
    region: AWS_REGION,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    ...(token === undefined ? {} : { token }),
  });
}

async function door(upstream: string, subject = 'alice'): Promise<Door> {
  const url = gateway.endpoint(upstream);
  return { url, token: await issuer.token({ resource: url, subject }) };
}

const clients: Record<string, (door: Door) => Promise<RealClient>> = {
  'SDK v1': (at) => connectV1(at),
  'SDK v2, older revisions': (at) => connectV2(at, 'legacy'),
  'SDK v2, 2026-07-28': (at) => connectV2(at, 'modern'),
  'SDK v2, whichever fits': (at) => connectV2(at, 'auto'),
  'MCP Inspector, older revisions': (at) => connectInspector(at, 'legacy'),
  'MCP Inspector, 2026-07-28': (at) => connectInspector(at, 'modern'),
};

describe.each(Object.keys(clients))('%s', (kind) => {
  const connect = async (upstream: string) => {
    const client = await clients[kind]?.(await door(upstream));
    if (!client) throw new Error(kind);
    return client;
  };

  test('lists and calls tools of an upstream that demands a key, and never sees the key', async () => {
    const client = await connect('keyed');
    expect(await client.listTools()).toEqual(['show_key', 'echo']);
    const shown = await client.callTool('show_key');
    expect(shown).toBe(`Authorization: ${maskSecret(`Bearer ${KEY}`)}`);
    expect(shown).not.toContain(KEY);
    expect(await client.callTool('echo', { message: 'héllo ✓' })).toBe('Echo: héllo ✓');
    await client.close();
  });

  test('lists and calls tools of a server that keeps sessions for older clients', async () => {
    const client = await connect('fixture');
    expect(await client.listTools()).toEqual(expect.arrayContaining(['test_simple_text', 'test_tool_with_progress']));
    expect(await client.callTool('test_simple_text')).toBe('This is a simple text response for testing.');
    await client.close();
  });
});

describe.each(Object.keys(clients).filter((kind) => !kind.includes('2026-07-28')))('%s', (kind) => {
  test('lists and calls tools of the official server-everything, which speaks older revisions only', async () => {
    const client = await clients[kind]?.(await door('everything'));
    expect(await client?.listTools()).toEqual(expect.arrayContaining(['echo', 'get-sum']));
    expect(await client?.callTool('echo', { message: 'hello' })).toBe('Echo: hello');
    expect(await client?.callTool('get-sum', { a: 2, b: 40 })).toContain('42');
    await client?.close();
  });
});

test('a client of 2026-07-28 learns that an upstream does not speak its revision', async () => {
  await expect(connectV2(await door('everything'), 'modern')).rejects.toMatchObject({ code: 'ERA_NEGOTIATION_FAILED' });
});

test('connect() of our SDK is a connected official client', async () => {
  const client = await mcpGateway((await door('keyed')).token).connect('keyed');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['show_key', 'echo']);
  const result = await client.callTool({ name: 'show_key', arguments: {} });
  expect(JSON.stringify(result)).not.toContain(KEY);
  await client.close();
});

describe('what a server says before its result reaches the client before the result', () => {
  const progress = (id: unknown) =>
    sseEvent({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: id, progress: 1, total: 2 },
    });

  test('with SDK v1', async () => {
    const arrived = gate();
    scripted.answer(async (exchange) => {
      if (exchange.message.method === 'initialize') return answerJson(INITIALIZED)(exchange);
      if (exchange.message.method !== 'tools/call') return answerStatus(202)(exchange);
      const token = (exchange.message.params as { _meta: { progressToken: unknown } })._meta.progressToken;
      return answerPieces('text/event-stream', [progress(token), arrived, sseResult(exchange, textResult('done'))])(
        exchange,
      );
    });
    const client = new ClientV1({ name: 'e2e', version: '1.0.0' });
    await connectV1(await door('scripted'), client);
    // The result is sent only once the progress has arrived: a gateway that waits for the end would wait for ever.
    const result = await client.callTool({ name: 'slow', arguments: {} }, undefined, { onprogress: arrived.open });
    expect(result).toMatchObject(textResult('done'));
    await client.close();
  });

  test('with SDK v2 and 2026-07-28', async () => {
    const arrived = gate();
    scripted.answer(async (exchange) => {
      if (exchange.message.method === 'server/discover') return answerJson(DISCOVERED)(exchange);
      const token = (exchange.message.params as { _meta: { progressToken: unknown } })._meta.progressToken;
      const result = { resultType: 'complete', ...textResult('done') };
      return answerPieces('text/event-stream', [progress(token), arrived, sseResult(exchange, result)])(exchange);
    });
    const client = new ClientV2(
      { name: 'e2e', version: '1.0.0' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    const { url, token } = await door('scripted');
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new TransportV2(new URL(url), { requestInit }));
    const result = await client.callTool({ name: 'slow', arguments: {} }, { onprogress: arrived.open });
    expect(result).toMatchObject(textResult('done'));
    await client.close();
  });
});

test('a server asks the person and the model in the middle of a call, over a session of an older revision', async () => {
  const client = new ClientV1({ name: 'e2e', version: '1.0.0' }, { capabilities: { sampling: {}, elicitation: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, async () => ({
    role: 'assistant',
    model: 'test-model',
    content: { type: 'text', text: 'forty-two' },
  }));
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'Ada' } }));
  const connected = await connectV1(await door('everything'), client);
  expect(await connected.callTool('trigger-sampling-request', { prompt: 'meaning', maxTokens: 10 })).toContain(
    'forty-two',
  );
  expect(await connected.callTool('trigger-elicitation-request')).toContain('Ada');
  await connected.close();
});

test('a server asks in the middle of a call of 2026-07-28, and gets its answer with the repetition', async () => {
  const client = new ClientV2(
    { name: 'e2e', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: {} } },
  );
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: 'Ada' } }));
  const { url, token } = await door('fixture');
  await client.connect(
    new TransportV2(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${token}` } } }),
  );
  const result = await client.callTool({ name: 'test_input_required_result_elicitation', arguments: {} });
  expect(result).toMatchObject(textResult('Hello, Ada!'));
  await client.close();
});
