import { answerJson, answerPieces, sseEvent, textResult } from '../fixtures/scripts';
import { modernCall, type WireCall, withHeader } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

const ORIGIN = 'https://agent.example.com';
const READABLE = {
  'access-control-allow-origin': ORIGIN,
  'access-control-expose-headers': 'Mcp-Session-Id, WWW-Authenticate, Retry-After',
  vary: 'Origin',
};

let scene: Scene;
beforeAll(async () => {
  scene = await startScene((url) => [{ name: 'api', url }], { allowedOrigins: [ORIGIN] });
});
afterAll(() => scene.close());
beforeEach(() => scene.upstream.reset());

const fromPage = (call: WireCall, origin = ORIGIN) => withHeader(call, 'Origin', origin);

test('a page of the allowed origin asks, calls, and can read the result and its stream', async () => {
  const preflight = await scene.send('api', fromPage({ headers: [], body: '' }), {
    method: 'OPTIONS',
    authorization: null,
  });
  expect(preflight).toMatchObject({ status: 204, text: '', headers: READABLE });

  scene.upstream.answer(answerJson(textResult('hello')));
  const json = await scene.send('api', fromPage(modernCall('tools/list')));
  expect(json).toMatchObject({ status: 200, headers: READABLE });

  const event = sseEvent({ jsonrpc: '2.0', id: 1, result: textResult('hello') });
  scene.upstream.answer(answerPieces('text/event-stream', [event]));
  const stream = await scene.send('api', fromPage(modernCall('tools/list')));
  expect(stream).toMatchObject({ status: 200, text: event, headers: READABLE });
});

test('a page of the allowed origin can read why it was refused, by the API and by the function', async () => {
  const unauthorized = await scene.send('api', fromPage(modernCall('tools/list')), { authorization: null });
  expect(unauthorized).toMatchObject({ status: 401, headers: READABLE });
  expect(unauthorized.headers['www-authenticate']).toContain('resource_metadata=');

  const malformed = await scene.send('api', fromPage({ ...modernCall('tools/list'), body: '{' }));
  expect(malformed).toMatchObject({ status: 400, headers: READABLE });
  expect(rpcError(malformed).reason).toBe('parse_error');
});

test('refuses a page of any other origin, whatever its token', async () => {
  const answer = await scene.send('api', fromPage(modernCall('tools/list'), 'https://evil.example.com'));
  expect(answer.status).toBe(403);
  expect(rpcError(answer).reason).toBe('origin_not_allowed');
  expect(answer.headers['access-control-allow-origin']).not.toBe('https://evil.example.com');
  expect(scene.upstream.requests).toEqual([]);
});
