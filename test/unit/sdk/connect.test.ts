import { inspect } from 'node:util';
import { type KeyUpstream, startKeyUpstream } from '../../../local/demo/key-upstream';
import { McpGateway } from '../../../sdk/index';
import { type FakeAnswer, type FakeGateway, fakeGateway } from './fake-gateway';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.first.signature';
const SECOND = 'eyJhbGciOiJFUzI1NiJ9.second.signature';

/** An MCP server that wants the token itself stands for the gateway: its path is not looked at. */
describe('connect', () => {
  let upstream: KeyUpstream;
  let url: string;
  beforeAll(async () => {
    upstream = await startKeyUpstream({ headerValue: `Bearer ${TOKEN}` });
    url = new URL(upstream.url).origin;
  });
  afterAll(() => upstream.close());

  test('gives a connected official client of the newest revision', async () => {
    const gateway = new McpGateway({ authMode: 'token', clientId: 'test', url, token: TOKEN });
    const client = await gateway.connect('stripe');
    const tools = await client.listTools();
    await client.close();
    expect(tools.tools.map((tool) => tool.name)).toEqual(['show_key', 'echo']);
  });

  test('asks the token function once within cacheTtl', async () => {
    const token = jest.fn(async () => TOKEN);
    const gateway = new McpGateway({ authMode: 'token', url, token, cacheTtl: '1m' });
    for (let i = 0; i < 2; i++) await (await gateway.connect('stripe')).close();
    expect(token).toHaveBeenCalledTimes(1);
  });

  test('asks the token function again when the gateway refuses the token, and goes on with the new one', async () => {
    const token = jest.fn<Promise<string>, []>().mockResolvedValueOnce(SECOND).mockResolvedValue(TOKEN);
    const gateway = new McpGateway({ authMode: 'token', url, token, cacheTtl: '1m' });
    const client = await gateway.connect('stripe');
    await client.close();
    expect(token).toHaveBeenCalledTimes(2);
  });

  test('fails as unauthorized when the token is refused, without the token', async () => {
    const gateway = new McpGateway({ authMode: 'token', url, token: SECOND });
    const error: unknown = await gateway.connect('stripe').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'unauthorized',
      message: 'The access token is not accepted for "stripe" (401)',
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECOND);
  });
});

describe('connect to something that is not a working gateway', () => {
  let server: FakeGateway | undefined;
  afterEach(() => server?.close());

  const failure = async (answer: FakeAnswer | 'hang' | 'reset', timeout?: '50ms') => {
    server = await fakeGateway(() => answer);
    const gateway = new McpGateway({
      authMode: 'token',
      url: server.url,
      token: TOKEN,
      ...(timeout ? { timeout } : {}),
    });
    return gateway.connect('stripe').catch((reason: unknown) => reason);
  };

  test('fails as unreachable when the connection breaks', async () => {
    expect(await failure('reset')).toMatchObject({ code: 'gateway_unreachable' });
  });

  test('fails as redirected and sends the token nowhere else', async () => {
    const location = 'http://127.0.0.1:1/';
    expect(await failure({ status: 307, headers: { location } })).toMatchObject({ code: 'gateway_redirected' });
  });

  test.each([
    [404, 'unknown_upstream', 'not_found'],
    [401, 'unauthorized', 'unauthorized'],
    [403, 'insufficient_scope', 'forbidden'],
    [503, 'credential_missing', 'credential_unusable'],
    [502, 'upstream_unreachable', 'upstream_failed'],
    [503, 'vault_unavailable', 'vault_unavailable'],
    [503, 'issuer_unreachable', 'gateway_refused'],
  ])('fails on %i %s as %s, in the gateway’s own words', async (status, reason, code) => {
    const body = { jsonrpc: '2.0', id: null, error: { code: -32603, message: 'What', data: { reason, help: 'Fix' } } };
    expect(await failure({ status, body })).toMatchObject({ code, reason, message: 'What', help: 'Fix' });
  });

  test('fails as timed out when nothing is answered', async () => {
    expect(await failure('hang', '50ms')).toMatchObject({ code: 'gateway_timeout' });
  });

  test('fails as another server’s answer when it is not MCP', async () => {
    expect(await failure({ status: 200, body: '{"hello":1}' })).toMatchObject({ code: 'gateway_answer_invalid' });
  });

  test('refuses to send a token made for another gateway', async () => {
    server = await fakeGateway(() => 'reset');
    const claims = Buffer.from(JSON.stringify({ aud: 'https://mcp.example.com/mcp' })).toString('base64url');
    const foreign = `eyJhbGciOiJFUzI1NiJ9.${claims}.signature`;
    const gateway = new McpGateway({ authMode: 'token', url: server.url, token: foreign });
    const error: unknown = await gateway.connect('stripe').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'token_for_another_gateway',
      message: `The access token is for "https://mcp.example.com/mcp", not for "stripe" at ${server.url}, so it is not sent there`,
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(claims);
    expect(server.calls).toEqual([]);
  });

  test('refuses a name that is not one before anything is sent', async () => {
    server = await fakeGateway(() => 'reset');
    const gateway = new McpGateway({ authMode: 'token', url: server.url, token: TOKEN });
    await expect(gateway.connect('../vault/keys')).rejects.toMatchObject({ code: 'invalid_option' });
    expect(server.calls).toEqual([]);
  });
});
