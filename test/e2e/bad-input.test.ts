import { rawCall } from '../fixtures/raw-call';
import { answerJson, answerStatus, textResult } from '../fixtures/scripts';
import { initializeCall, legacyCall, modernCall, type WireCall, withHeader } from './harness/mcp-wire';
import { rpcError, type Scene, type SendOptions, startScene } from './harness/scene';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene((url) => [{ name: 'api', url }], { allowedOrigins: ['https://agent.example.com'] });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.upstream.answer(answerJson(textResult('hello')));
  scene.upstream.reset();
});

const good = modernCall('tools/call', { name: 'echo', arguments: { text: 'hi' } }, 7);
const withBody = (body: string): WireCall => ({ ...good, body });
const edited = (change: (message: Record<string, unknown>) => object): WireCall =>
  withBody(JSON.stringify(change(JSON.parse(good.body) as Record<string, unknown>)));

interface Case {
  readonly name: string;
  readonly call: WireCall;
  readonly options?: SendOptions;
  readonly status: number;
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly id: unknown;
}

const INVALID_REQUEST = -32600;
const cases: readonly Case[] = [
  {
    name: 'a body that is not JSON',
    call: withBody('{"jsonrpc":"2.0",'),
    status: 400,
    code: -32700,
    reason: 'parse_error',
    message: 'The body is not valid JSON in UTF-8',
    id: null,
  },
  {
    name: 'an empty body',
    call: withBody(''),
    status: 400,
    code: -32700,
    reason: 'parse_error',
    message: 'The body is not valid JSON in UTF-8',
    id: null,
  },
  {
    name: 'a batch, whatever it holds',
    call: withBody(`[${good.body}]`),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'batch_not_supported',
    message: 'JSON-RPC batches are not accepted',
    id: null,
  },
  {
    name: 'an empty batch',
    call: withBody('[]'),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'batch_not_supported',
    message: 'JSON-RPC batches are not accepted',
    id: null,
  },
  {
    name: 'a key twice in the message',
    call: withBody(good.body.replace('"method":', '"method":"tools/list","method":')),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'ambiguous_json',
    message: 'The body names a key twice',
    id: null,
  },
  {
    name: 'a key twice, once written with an escape',
    call: withBody(good.body.replace('"method":', '"m\\u0065thod":"tools/list","method":')),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'ambiguous_json',
    message: 'The body names a key twice',
    id: null,
  },
  {
    name: 'a key twice in the parameters',
    call: withBody(good.body.replace('"name":"echo"', '"name":"other","name":"echo"')),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'ambiguous_json',
    message: 'The body names a key twice',
    id: null,
  },
  {
    name: 'JSON that is no object',
    call: withBody('"hello"'),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: it is not an object',
    id: null,
  },
  {
    name: 'another version of JSON-RPC',
    call: edited((message) => ({ ...message, jsonrpc: '1.0' })),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: "jsonrpc" is not "2.0"',
    id: null,
  },
  {
    name: 'an id that is an object',
    call: edited((message) => ({ ...message, id: {} })),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: "id" is neither a string nor a number',
    id: null,
  },
  {
    name: 'an id that is null',
    call: edited((message) => ({ ...message, id: null })),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: "id" is neither a string nor a number',
    id: null,
  },
  {
    name: 'a request and a response in one',
    call: edited((message) => ({ ...message, result: {} })),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: it is a request and a response at once',
    id: null,
  },
  {
    name: 'parameters that are a list',
    call: edited((message) => ({ ...message, params: [] })),
    status: 400,
    code: INVALID_REQUEST,
    reason: 'invalid_message',
    message: 'Not a JSON-RPC 2.0 message: "params" is not an object',
    id: null,
  },
  {
    name: 'another content type',
    call: withHeader(good, 'Content-Type', 'text/plain'),
    status: 415,
    code: INVALID_REQUEST,
    reason: 'unsupported_media_type',
    message: 'The body must be application/json',
    id: null,
  },
  {
    name: 'no content type',
    call: withHeader(good, 'Content-Type', undefined),
    status: 415,
    code: INVALID_REQUEST,
    reason: 'unsupported_media_type',
    message: 'The body must be application/json',
    id: null,
  },
  {
    name: 'no Accept',
    call: withHeader(good, 'Accept', undefined),
    status: 406,
    code: INVALID_REQUEST,
    reason: 'not_acceptable',
    message: 'The Accept header must allow both application/json and text/event-stream',
    id: null,
  },
  {
    name: 'an Accept that allows no event stream',
    call: withHeader(good, 'Accept', 'application/json, text/event-stream;q=0'),
    status: 406,
    code: INVALID_REQUEST,
    reason: 'not_acceptable',
    message: 'The Accept header must allow both application/json and text/event-stream',
    id: null,
  },
  {
    name: 'a web origin that is not allowed',
    call: withHeader(good, 'Origin', 'https://evil.example.com'),
    status: 403,
    code: INVALID_REQUEST,
    reason: 'origin_not_allowed',
    message: 'This web origin may not call the gateway',
    id: null,
  },
  {
    name: 'the origin of a sandboxed page',
    call: withHeader(good, 'Origin', 'null'),
    status: 403,
    code: INVALID_REQUEST,
    reason: 'origin_not_allowed',
    message: 'This web origin may not call the gateway',
    id: null,
  },
  {
    name: 'an Mcp-Method that differs from the body',
    call: withHeader(good, 'Mcp-Method', 'tools/list'),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The Mcp-Method header does not match the body',
    id: 7,
  },
  {
    name: 'no Mcp-Method',
    call: withHeader(good, 'Mcp-Method', undefined),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The Mcp-Method header does not match the body',
    id: 7,
  },
  {
    name: 'an Mcp-Name that differs from the body',
    call: withHeader(good, 'Mcp-Name', 'other'),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The Mcp-Name header does not match the body',
    id: 7,
  },
  {
    name: 'an Mcp-Name sent twice, once right',
    call: { ...good, headers: [...good.headers, 'mcp-name', 'other'] },
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The Mcp-Name header does not match the body',
    id: 7,
  },
  {
    name: 'an Mcp-Name that is no valid base64',
    call: withHeader(good, 'Mcp-Name', '=?base64?ZWNo*?='),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The Mcp-Name header does not match the body',
    id: 7,
  },
  {
    name: 'a version header that differs from the body',
    call: withHeader(good, 'MCP-Protocol-Version', '2025-11-25'),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The MCP-Protocol-Version header does not match the body',
    id: 7,
  },
  {
    name: 'no version header beside a version in the body',
    call: withHeader(good, 'MCP-Protocol-Version', undefined),
    status: 400,
    code: -32020,
    reason: 'header_mismatch',
    message: 'The MCP-Protocol-Version header does not match the body',
    id: 7,
  },
  {
    name: 'a revision nobody knows',
    call: legacyCall('tools/list', {}, { version: '2099-01-01', id: 'x' }),
    status: 400,
    code: -32022,
    reason: 'unsupported_protocol_version',
    message: 'This protocol version is not supported',
    id: 'x',
  },
  {
    name: 'a modern request without _meta',
    call: edited((message) => ({ ...message, params: { name: 'echo' } })),
    status: 400,
    code: -32602,
    reason: 'missing_meta',
    message: 'params._meta lacks io.modelcontextprotocol/protocolVersion',
    id: 7,
  },
  {
    name: 'a subscription of the modern revision',
    call: modernCall('subscriptions/listen', { notifications: { toolsListChanged: true } }, 9),
    status: 404,
    code: -32601,
    reason: 'method_not_offered',
    message: 'Method not found',
    id: 9,
  },
  {
    name: 'a subscription of an older revision',
    call: legacyCall('resources/subscribe', { uri: 'test://x' }, { id: 9 }),
    status: 200,
    code: -32601,
    reason: 'method_not_offered',
    message: 'Method not found',
    id: 9,
  },
  {
    name: 'a session the gateway did not give out',
    call: legacyCall('tools/list', {}, { session: 'v1.c29tZXRoaW5nIGVsc2UgZW50aXJlbHksIG1hZGUgdXA' }),
    status: 404,
    code: INVALID_REQUEST,
    reason: 'session_not_found',
    message: 'Session not found',
    id: 1,
  },
  {
    name: "an upstream's own session id",
    call: legacyCall('tools/list', {}, { session: '0d4ff8f6-5bd7-4a2d-9b8b-4c8f7a0f2d11' }),
    status: 404,
    code: INVALID_REQUEST,
    reason: 'session_not_found',
    message: 'Session not found',
    id: 1,
  },
];

describe('refuses, without a word to the upstream,', () => {
  test.each(cases)('$name', async ({ call, options, status, code, reason, message, id }) => {
    const answer = await scene.send('api', call, options);
    expect({ status: answer.status, ...rpcError(answer) }).toEqual({
      status,
      code,
      reason,
      message,
      id,
      help: expect.stringMatching(/\S/),
    });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(scene.upstream.requests).toEqual([]);
  });
});

test('refuses a request of more than 6 MB', async () => {
  const answer = await scene.send(
    'api',
    edited((message) => ({ ...message, padding: 'x'.repeat(7 * 1024 * 1024) })),
  );
  expect(answer.status).toBe(413);
  expect(answer.text).not.toContain('xxx');
  expect(scene.upstream.requests).toEqual([]);
});

test('refuses an upstream that is not configured, and names those that are, to a caller of this gateway only', async () => {
  const authorization = `Bearer ${await scene.issuer.token(`${scene.gateway.url}/mcp`)}`;
  const answer = await scene.send('nobody', good, { authorization });
  expect(answer.status).toBe(404);
  expect(rpcError(answer)).toEqual({
    id: null,
    code: INVALID_REQUEST,
    reason: 'unknown_upstream',
    message: 'No upstream has this name',
    help: 'Use one of: /mcp/api',
  });
  const stranger = await scene.send('nobody', good, { authorization: null });
  expect(stranger.status).toBe(401);
  expect(stranger.text).not.toContain('/mcp/api');
});

test.each(['GET', 'DELETE'])(
  'answers %s with 405 and Allow, as a server without standalone streams does',
  async (method) => {
    const answer = await rawCall(scene.gateway.endpoint('api'), {
      method,
      headers: ['Accept', 'text/event-stream', 'Authorization', `Bearer ${await scene.token('api')}`],
    });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
    expect(rpcError(answer).reason).toBe('method_not_allowed');
  },
);

test('refuses a method the upstream does not know in the words of the upstream', async () => {
  const error = { code: -32601, message: 'Method not found' };
  scene.upstream.answer(
    answerStatus(404, JSON.stringify({ jsonrpc: '2.0', id: 3, error }), { 'Content-Type': 'application/json' }),
  );
  const answer = await scene.send('api', modernCall('no/such', {}, 3));
  expect(answer.status).toBe(404);
  expect(JSON.parse(answer.text)).toEqual({ jsonrpc: '2.0', id: 3, error });
});

test('accepts a name in base64, spaces around it, a charset, any case, and an allowed origin', async () => {
  const name = `  =?base64?${Buffer.from('echo').toString('base64')}?= `;
  const call = withHeader(withHeader(good, 'Mcp-Name', name), 'Content-Type', 'Application/JSON; charset=utf-8');
  const answer = await scene.send('api', withHeader(call, 'Origin', 'https://agent.example.com'));
  expect(JSON.parse(answer.text)).toEqual({ jsonrpc: '2.0', id: 7, result: textResult('hello') });
});

test('passes the body on byte by byte, unknown members and spacing included', async () => {
  const body = good.body.replace('"arguments":', '  "unknown" :  [1.0, 1e3, "\\u00e9\\/"],\n "arguments": ');
  await scene.send('api', withBody(body));
  expect(scene.upstream.requests.map((request) => request.body.toString())).toEqual([body]);
});

test.each(['2025-03-26', '2025-06-18', '2025-11-25'])('serves a client of %s', async (version) => {
  const answer = await scene.send('api', initializeCall(version));
  expect(JSON.parse(answer.text)).toEqual({ jsonrpc: '2.0', id: 1, result: textResult('hello') });
});

test('writes no body, header or token to its log, whatever was refused', () => {
  const logs = scene.gateway.logs();
  expect(logs).not.toContain('eyJ');
  expect(logs).not.toContain('padding');
  expect(logs).not.toContain('evil.example.com');
  expect(scene.gateway.logLines().length).toBeGreaterThan(cases.length);
});
