import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type KeyUpstream, startKeyUpstream } from '../../../../local/demo/key-upstream';
import { maskSecret } from '../../../../local/demo/mask-secret';

const KEY = 'sk_demo_0123456789abcdef';

describe('key upstream', () => {
  let upstream: KeyUpstream;
  beforeAll(async () => {
    upstream = await startKeyUpstream({ headerValue: `Bearer ${KEY}` });
  });
  afterAll(() => upstream.close());

  const requestInit = { headers: { Authorization: `Bearer ${KEY}` } };

  test('serves a 2026-07-28 client and shows it the key it received, masked', async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new StreamableHTTPClientTransport(new URL(upstream.url), { requestInit }));
    const result = await client.callTool({ name: 'show_key', arguments: {} });
    await client.close();
    expect(result.content).toEqual([{ type: 'text', text: 'Authorization: Bearer sk_d…cdef' }]);
    expect(upstream.lastSeen).toBe('Authorization: Bearer sk_d…cdef');
  });

  test('serves a client of the earlier revisions', async () => {
    const client = new LegacyClient({ name: 'test', version: '1' });
    await client.connect(new LegacyTransport(new URL(upstream.url), { requestInit }) as never);
    const tools = await client.listTools();
    const result = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
    await client.close();
    expect(tools.tools.map((tool) => tool.name)).toEqual(['show_key', 'echo']);
    expect(result.content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
  });

  test.each([
    ['no key', {}],
    ['another key', { Authorization: 'Bearer sk_demo_another_value_00' }],
    ['the key without its scheme', { Authorization: KEY }],
  ])('refuses %s with 401 and repeats no value', async (_name, headers: Record<string, string>) => {
    const answer = await fetch(upstream.url, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe('{"error":"invalid_api_key","message":"No valid API key in the request"}');
  });
});

test.each([
  ['sk_demo_0123456789ab9f2a', 'sk_d…9f2a'],
  ['Bearer sk_demo_0123456789ab9f2a', 'Bearer sk_d…9f2a'],
  ['Basic dXNlcjpwYXNzd29yZA==', 'Basic dXNl…ZA=='],
  ['short-secret', '…'],
  ['', '(none)'],
])('masking %j gives %j', (value, masked) => {
  expect(maskSecret(value)).toBe(masked);
});
