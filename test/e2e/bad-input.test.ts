import { rawCall } from '../fixtures/raw-call';
import { answerJson, answerStatus, textResult } from '../fixtures/scripts';
import { BAD_INPUT, edited, good, withBody } from './bad-input-cases';
import { initializeCall, modernCall, withHeader } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene((url) => [{ name: 'api', url }], { allowedOrigins: ['https://agent.example.com'] });
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.upstream.answer(answerJson(textResult('hello')));
  scene.upstream.reset();
});

describe('refuses, without a word to the upstream,', () => {
  test.each(BAD_INPUT)('$name', async ({ call, status, code, reason, message, id }) => {
    const answer = await scene.send('api', call);
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
    code: -32600,
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
  expect(scene.gateway.logLines().length).toBeGreaterThan(BAD_INPUT.length);
});
