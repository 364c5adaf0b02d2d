import type { Script } from '../fixtures/scripted-upstream';
import { answerJson, answerStatus, textResult } from '../fixtures/scripts';
import { initializeCall, legacyCall, modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

const UPSTREAM_SESSION = 'upstream-session-0815';
let scene: Scene;

beforeAll(async () => {
  scene = await startScene((url) => [
    { name: 'one', url },
    { name: 'two', url },
  ]);
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.upstream.answer(sessionful);
  scene.upstream.reset();
});

/** Gives out one session, and knows no other. */
const sessionful: Script = (exchange) => {
  if (exchange.message.method === 'initialize') {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } };
    return answerJson(result, { 'Mcp-Session-Id': UPSTREAM_SESSION })(exchange);
  }
  if (exchange.request.headers['mcp-session-id'] === UPSTREAM_SESSION) return answerJson(textResult('known'))(exchange);
  const error = { code: -32001, message: 'Session not found' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: exchange.message.id, error });
  return answerStatus(404, body, { 'Content-Type': 'application/json' })(exchange);
};

const as = async (subject: string, upstream: string) => ({
  authorization: `Bearer ${await scene.token(upstream, { claims: { sub: subject } })}`,
});

async function openSession(subject: string): Promise<string> {
  const answer = await scene.send('one', initializeCall(), await as(subject, 'one'));
  const session = answer.headers['mcp-session-id'];
  if (session === undefined) throw new Error(`no session: ${answer.text}`);
  return session;
}

test('a session works for the person it was opened by', async () => {
  const session = await openSession('alice');
  const answer = await scene.send('one', legacyCall('tools/list', {}, { session }), await as('alice', 'one'));
  expect(JSON.parse(answer.text)).toMatchObject({ id: 1, result: textResult('known') });
});

test('a session id shows nothing of the upstream’s own, and is visible ASCII', async () => {
  const session = await openSession('alice');
  expect(session).toMatch(/^[\x21-\x7e]+$/);
  expect(session).not.toContain(UPSTREAM_SESSION);
  expect(Buffer.from(session, 'base64url').toString('latin1')).not.toContain(UPSTREAM_SESSION);
  expect(await openSession('alice')).not.toBe(session);
});

test.each([
  ['another person', 'mallory', 'one'],
  ['the same person at another upstream', 'alice', 'two'],
] as const)('fails with 404 for %s, without a word to the upstream', async (_, subject, upstream) => {
  const session = await openSession('alice');
  scene.upstream.reset();
  const answer = await scene.send(upstream, legacyCall('tools/list', {}, { session }), await as(subject, upstream));
  expect({ status: answer.status, ...rpcError(answer) }).toEqual({
    status: 404,
    id: 1,
    code: -32600,
    reason: 'session_not_found',
    message: 'Session not found',
    help: 'Send initialize without Mcp-Session-Id.',
  });
  expect(scene.upstream.requests).toEqual([]);
});

test.each([
  ['one character changed', (id: string) => `${id.slice(0, -3)}${id.at(-3) === 'A' ? 'B' : 'A'}${id.slice(-2)}`],
  ['its end cut off', (id: string) => id.slice(0, -8)],
  ['sent twice', (id: string) => `${id}, ${id}`],
  ['the upstream’s own id', () => UPSTREAM_SESSION],
  ['nothing in it', () => ''],
])('fails with 404 for a session id with %s', async (_, change) => {
  const session = change(await openSession('alice'));
  const answer = await scene.send('one', legacyCall('tools/list', {}, { session }), await as('alice', 'one'));
  expect([answer.status, rpcError(answer).reason]).toEqual([404, 'session_not_found']);
});

test('a session the upstream has forgotten is answered as the upstream says, so that the client starts anew', async () => {
  const session = await openSession('alice');
  scene.upstream.answer((exchange) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: exchange.message.id, error: { code: -32001, message: 'gone' } });
    return answerStatus(404, body, { 'Content-Type': 'application/json' })(exchange);
  });
  const answer = await scene.send('one', legacyCall('tools/list', {}, { session }), await as('alice', 'one'));
  expect([answer.status, rpcError(answer).code]).toEqual([404, -32001]);
});

test('an answer of a client to a question of the server reaches the upstream in its session', async () => {
  const session = await openSession('alice');
  scene.upstream.reset();
  scene.upstream.answer(answerStatus(202));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'question-1', result: { action: 'accept', content: {} } });
  const answer = await scene.send('one', { ...legacyCall('x', {}, { session }), body }, await as('alice', 'one'));
  expect([answer.status, answer.text]).toEqual([202, '']);
  expect(
    scene.upstream.requests.map((request) => [request.headers['mcp-session-id'], request.body.toString()]),
  ).toEqual([[UPSTREAM_SESSION, body]]);
});

test('revision 2026-07-28 knows no sessions: a session header is ignored', async () => {
  scene.upstream.answer(answerJson(textResult('stateless'), { 'Mcp-Session-Id': UPSTREAM_SESSION }));
  const call = modernCall('tools/list');
  const answer = await scene.send('one', { ...call, headers: [...call.headers, 'Mcp-Session-Id', 'anything'] });
  expect(answer.status).toBe(200);
  expect(answer.headers['mcp-session-id']).toBeUndefined();
  expect(scene.upstream.requests.at(-1)?.headers['mcp-session-id']).toBeUndefined();
});
