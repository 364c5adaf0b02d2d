import { Readable } from 'node:stream';
import { type AnsweredCall, answerUpstream, toGatewayError } from '../../../../lambda/core/answer-upstream';
import { toAnswer } from '../../../../lambda/core/gateway-error';
import type { Answer, StreamedBody } from '../../../../lambda/core/http-message';
import { type UpstreamAnswer, UpstreamFailure } from '../../../../lambda/core/upstream-call';
import { readAnswer, readRpcError } from '../../../helpers/answers';

const KEY = 'sk_live_1';
const RESULT = '{"jsonrpc":"2.0","id":5,"result":{}}';
const RPC_ERROR = '{"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"Unknown tool"}}';
const JSON_TYPE = { 'content-type': 'application/json' };
const SSE_TYPE = { 'content-type': 'text/event-stream' };

function upstreamAnswer(
  status: number,
  headers: Record<string, string> = {},
  ...chunks: (string | Buffer)[]
): UpstreamAnswer & { readonly body: Readable } {
  return {
    status,
    headers,
    body: Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    ),
  };
}

/** What the client gets. */
async function answer(from: UpstreamAnswer, call: Partial<AnsweredCall> = {}): Promise<Answer> {
  const answered = await answerUpstream(from, {
    upstream: 'shop',
    method: 'tools/call',
    id: 5,
    refuse: (error) => toAnswer(error, 5, 'aws-1'),
    needles: [Buffer.from(KEY)],
    sealSession: undefined,
    ...call,
  });
  return answered.ok ? answered.value : toAnswer(answered.error, 5, 'aws-1');
}

async function refusal(from: UpstreamAnswer, call: Partial<AnsweredCall> = {}) {
  const refused = await answer(from, call);
  const { error } = await readRpcError(refused);
  return { status: refused.status, reason: error.data['reason'], code: error.code };
}

describe('an answer in MCP', () => {
  test('passes as JSON without being read', async () => {
    const from = upstreamAnswer(200, { ...JSON_TYPE, 'content-length': '36' }, RESULT);
    const passed = await answer(from);
    expect(passed).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      body: { kind: 'stream', source: from.body, needles: [Buffer.from(KEY)] },
    });
    expect(passed.body).toMatchObject({ isEvents: false, awaited: 5 });
    expect(await readAnswer(passed)).toBe(RESULT);
  });

  test('passes as events, which no proxy may hold back', async () => {
    const passed = await answer(upstreamAnswer(200, SSE_TYPE, `data: ${RESULT}\n\n`));
    expect(passed.headers).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json ; charset=UTF8',
    'application/json; profile=x',
  ])('may call itself %s', async (type) => {
    expect((await answer(upstreamAnswer(200, { 'content-type': type }, RESULT))).status).toBe(200);
  });

  test.each([202, 204])('%d to a notification passes without a body', async (status) => {
    const passed = await answer(upstreamAnswer(status, {}, 'ignored'), { id: null });
    expect(passed).toMatchObject({ status, body: { kind: 'complete', bytes: '' } });
    expect(passed.headers).not.toHaveProperty('content-type');
  });

  test('an error of the upstream in JSON-RPC passes with its status', async () => {
    for (const status of [400, 404, 405, 422, 500, 503]) {
      const passed = await answer(upstreamAnswer(status, JSON_TYPE, RPC_ERROR));
      expect([passed.status, await readAnswer(passed)]).toEqual([status, RPC_ERROR]);
    }
  });

  test('an error with id null passes: so servers refuse what they cannot read', async () => {
    const body = '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}';
    expect(await readAnswer(await answer(upstreamAnswer(404, JSON_TYPE, body)))).toBe(body);
  });

  test('no header of the upstream passes but the session, sealed', async () => {
    const from = upstreamAnswer(
      200,
      { ...JSON_TYPE, 'mcp-session-id': 'up-1', 'set-cookie': 'a=b', server: 'x', 'www-authenticate': 'Bearer' },
      RESULT,
    );
    const passed = await answer(from, { sealSession: (id) => `sealed(${id})` });
    expect(Object.keys(passed.headers).sort()).toEqual([
      'cache-control',
      'content-type',
      'mcp-session-id',
      'x-content-type-options',
    ]);
    expect(passed.headers['mcp-session-id']).toBe('sealed(up-1)');
  });

  test('a session id does not pass where sessions do not exist', async () => {
    const passed = await answer(upstreamAnswer(200, { ...JSON_TYPE, 'mcp-session-id': 'up-1' }, RESULT));
    expect(passed.headers).not.toHaveProperty('mcp-session-id');
  });

  test('a 202 to a notification passes its session, too', async () => {
    const from = upstreamAnswer(202, { 'mcp-session-id': 'up-1' });
    const passed = await answer(from, { id: null, sealSession: (id) => `s${id}` });
    expect(passed.headers['mcp-session-id']).toBe('sup-1');
  });

  test('an empty session id is none', async () => {
    const from = upstreamAnswer(200, { ...JSON_TYPE, 'mcp-session-id': '' }, RESULT);
    const passed = await answer(from, { sealSession: (id) => `s${id}` });
    expect([passed.status, 'mcp-session-id' in passed.headers]).toEqual([200, false]);
  });

  test.each([
    ['larger than a request could carry back', 's'.repeat(4097)],
    ['that no header can carry', 'caf\u00e9'],
  ])('a session id %s does not pass', async (_, id) => {
    const headers = { ...JSON_TYPE, 'mcp-session-id': id };
    const sealSession = (given: string) => `s${given}`;
    expect(await refusal(upstreamAnswer(200, headers, RESULT), { sealSession })).toMatchObject({
      reason: 'upstream_not_mcp',
    });
    expect((await answer(upstreamAnswer(200, headers, RESULT))).status).toBe(200);
  });

  test('an answer may be cut into chunks, and in no other way', async () => {
    const chunked = await answer(upstreamAnswer(200, { ...JSON_TYPE, 'transfer-encoding': 'Chunked' }, RESULT));
    expect(chunked.status).toBe(200);
  });
});

describe('an answer that is not MCP', () => {
  const page = '<html>login</html>';
  test.each([
    [200, { 'content-type': 'text/html' }, 502, 'upstream_not_mcp'],
    [200, {}, 502, 'upstream_not_mcp'],
    [200, { 'content-type': '' }, 502, 'upstream_not_mcp'],
    [200, { 'content-type': 'application/jsonp' }, 502, 'upstream_not_mcp'],
    [200, { 'content-type': 'application/json; charset=utf-16' }, 502, 'upstream_not_mcp'],
    [200, { 'content-type': 'text/event-stream; charset=iso-8859-1' }, 502, 'upstream_not_mcp'],
    [200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, 502, 'upstream_not_mcp'],
    [200, { ...JSON_TYPE, 'content-encoding': 'identity, br' }, 502, 'upstream_not_mcp'],
    [400, { ...JSON_TYPE, 'content-encoding': 'gzip' }, 502, 'upstream_not_mcp'],
    [100, JSON_TYPE, 502, 'upstream_not_mcp'],
    [201, JSON_TYPE, 502, 'upstream_not_mcp'],
    [202, {}, 502, 'upstream_not_mcp'],
    [204, {}, 502, 'upstream_not_mcp'],
    [206, JSON_TYPE, 502, 'upstream_not_mcp'],
    [407, JSON_TYPE, 502, 'upstream_not_mcp'],
    [600, JSON_TYPE, 502, 'upstream_not_mcp'],
    [999, JSON_TYPE, 502, 'upstream_not_mcp'],
    [200, { ...JSON_TYPE, 'transfer-encoding': 'gzip, chunked' }, 502, 'upstream_not_mcp'],
    [200, { ...JSON_TYPE, 'transfer-encoding': 'identity' }, 502, 'upstream_not_mcp'],
    [299, JSON_TYPE, 502, 'upstream_not_mcp'],
    [300, JSON_TYPE, 502, 'upstream_redirected'],
    [301, { location: 'https://evil.example' }, 502, 'upstream_redirected'],
    [304, {}, 502, 'upstream_redirected'],
    [308, { location: '/elsewhere' }, 502, 'upstream_redirected'],
    [401, { 'www-authenticate': 'Bearer' }, 502, 'upstream_refused_credential'],
    [403, JSON_TYPE, 502, 'upstream_refused_credential'],
    [429, {}, 429, 'upstream_rate_limited'],
    [400, { 'content-type': 'text/plain' }, 400, 'upstream_failed'],
    [404, { 'content-type': 'text/html' }, 404, 'upstream_failed'],
    [405, {}, 405, 'upstream_failed'],
    [500, { 'content-type': 'text/html' }, 502, 'upstream_failed'],
    [503, {}, 502, 'upstream_failed'],
  ])('status %d with %j becomes %d %s', async (theirs, headers, status, reason) => {
    const from = upstreamAnswer(theirs, headers as Record<string, string>, page);
    expect(await refusal(from)).toEqual({ status, reason, code: -32603 });
    expect(from.body.destroyed).toBe(true);
  });

  test.each(['{"error":"bad request"}', '{"jsonrpc":"2.0","result":{}}', '[]', 'null', '"error"', '{"jsonrpc"', ''])(
    'a JSON body that is no JSON-RPC error does not pass: %s',
    async (body) => {
      expect(await refusal(upstreamAnswer(400, JSON_TYPE, body))).toMatchObject({
        status: 400,
        reason: 'upstream_failed',
      });
    },
  );

  test('its words do not pass', async () => {
    const refused = await answer(upstreamAnswer(500, { 'content-type': 'text/html' }, `stack trace, ${KEY}`));
    expect(await readAnswer(refused)).not.toMatch(/stack|sk_live/);
  });

  test.each([
    ['17', '17'],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT'],
    ['99999', '99999'],
    // A day and more is no rate limit, and digits enough are a place for a secret.
    ['100000', undefined],
    [`soon ${KEY}`, undefined],
    ['-1', undefined],
    ['1\r\nx: y', undefined],
    ['', undefined],
  ])('a rate limit passes Retry-After %j as %j', async (theirs, ours) => {
    const refused = await answer(upstreamAnswer(429, { 'retry-after': theirs }));
    expect(refused.headers['retry-after']).toBe(ours);
  });
});

describe('an answer that announces capabilities', () => {
  const offers = '{"jsonrpc":"2.0","id":5,"result":{"capabilities":{"tools":{"listChanged":true}}}}';
  const keeps = '{"jsonrpc":"2.0","id":5,"result":{"capabilities":{"tools":{}}}}';

  test.each(['initialize', 'server/discover'])('to %s is read whole and loses subscriptions', async (method) => {
    const passed = await answer(upstreamAnswer(200, JSON_TYPE, offers.slice(0, 60), offers.slice(60)), { method });
    expect(passed.body).toEqual({ kind: 'complete', bytes: keeps });
  });

  test('as events loses them, too', async () => {
    const passed = await answer(upstreamAnswer(200, SSE_TYPE, `data: ${offers}\n\n`), { method: 'initialize' });
    expect(await readAnswer(passed)).toBe(`data: ${keeps}\n\n`);
    expect(passed.headers['content-type']).toBe('text/event-stream');
  });

  test.each([
    ['which the upstream leaves open', []],
    ['behind which more comes', ['data: {"later":1}\n\n']],
  ])('as events is there with the event that is the response, %s', async (_, later) => {
    const notification = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n';
    const body = new Readable({ read: () => undefined });
    const pending = answer({ status: 200, headers: SSE_TYPE, body }, { method: 'initialize' });
    for (const piece of [notification, `data: ${offers}`, '\n', '\n']) {
      body.push(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const passed = await pending;
    expect(await readAnswer(passed)).toBe(`${notification}data: ${keeps}\n\n`);
    // What follows is read and dropped: the connection is wanted again.
    for (const piece of later) body.push(piece);
    body.push(null);
    await new Promise((resolve) => body.once('close', resolve));
    expect(body.readableEnded).toBe(true);
  });

  test.each([
    ['without the response', 'data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n'],
    ['to be resumed by GET', 'id: 1\nretry: 500\ndata: \n\n'],
    ['at once', ''],
  ])('as events that end %s is refused', async (_, stream) => {
    const from = upstreamAnswer(200, SSE_TYPE, ...(stream === '' ? [] : [stream]));
    expect(await refusal(from, { method: 'initialize' })).toMatchObject({ reason: 'upstream_connection_lost' });
  });

  test('is refused when it is empty', async () => {
    const from = upstreamAnswer(200, { ...JSON_TYPE, 'content-length': '0' });
    expect(await refusal(from, { method: 'initialize' })).toMatchObject({ reason: 'upstream_not_mcp' });
  });

  test('to another method passes as it is', async () => {
    expect(await readAnswer(await answer(upstreamAnswer(200, JSON_TYPE, offers)))).toBe(offers);
  });

  test('shows no secret, even one cut in two', async () => {
    const body = `{"jsonrpc":"2.0","id":5,"result":{"instructions":"use ${KEY}"}}`;
    const at = body.indexOf(KEY) + 4;
    const passed = await answer(upstreamAnswer(200, JSON_TYPE, body.slice(0, at), body.slice(at)), {
      method: 'initialize',
    });
    expect(await readAnswer(passed)).toBe(body.replace(KEY, '[redacted]'));
  });

  test('is refused when it is larger than a megabyte, without reading on', async () => {
    let made = 0;
    const endless = new Readable({
      read() {
        made += 1;
        this.push(Buffer.alloc(64 * 1024, 0x20));
      },
    });
    const from = { status: 200, headers: JSON_TYPE, body: endless };
    expect(await refusal(from, { method: 'initialize' })).toMatchObject({ status: 502, reason: 'upstream_not_mcp' });
    expect(endless.destroyed).toBe(true);
    expect(made).toBeLessThan(40);
  });

  test.each([
    [new UpstreamFailure('idle_timeout'), 504, 'upstream_timeout'],
    [new UpstreamFailure('connection_lost'), 502, 'upstream_connection_lost'],
    [new Error('aborted'), 502, 'upstream_connection_lost'],
  ])('is refused when it breaks off by %s', async (failure, status, reason) => {
    const broken = new Readable({
      read() {
        this.push('{"jsonrpc"');
        this.destroy(failure);
      },
    });
    const from = { status: 200, headers: JSON_TYPE, body: broken };
    expect(await refusal(from, { method: 'initialize' })).toMatchObject({ status, reason });
  });
});

test('an error body shows no secret', async () => {
  const body = `{"jsonrpc":"2.0","id":5,"error":{"code":1,"message":"bad key ${KEY}"}}`;
  expect(await readAnswer(await answer(upstreamAnswer(400, JSON_TYPE, body)))).toBe(body.replace(KEY, '[redacted]'));
});

test('an error body larger than a megabyte does not pass', async () => {
  const huge = `{"jsonrpc":"2.0","error":{"message":"${'x'.repeat(1024 * 1024)}"}}`;
  expect(await refusal(upstreamAnswer(400, JSON_TYPE, huge))).toMatchObject({ reason: 'upstream_failed' });
});

test('a stream that fails is refused by the name of the call, and why', async () => {
  const passed = await answer(upstreamAnswer(200, SSE_TYPE));
  const { fail, ...body } = passed.body as StreamedBody;
  expect(body).toMatchObject({ isEvents: true, awaited: 5 });
  expect(await readRpcError(await fail(new UpstreamFailure('total_timeout')))).toMatchObject({
    id: 5,
    error: { code: -32603, data: { reason: 'upstream_timeout', phase: 'total', requestId: 'aws-1' } },
  });
});

test.each([
  [new UpstreamFailure('unreachable'), { reason: 'upstream_unreachable' }],
  [new UpstreamFailure('connect_timeout'), { reason: 'upstream_timeout', phase: 'connect' }],
  [new UpstreamFailure('idle_timeout'), { reason: 'upstream_timeout', phase: 'idle' }],
  [new UpstreamFailure('total_timeout'), { reason: 'upstream_timeout', phase: 'total' }],
  [new UpstreamFailure('connection_lost'), { reason: 'upstream_connection_lost' }],
  [new UpstreamFailure('not_http'), { reason: 'upstream_not_mcp' }],
  [new Error(KEY), { reason: 'upstream_connection_lost' }],
  [undefined, { reason: 'upstream_connection_lost' }],
])('%s becomes %j', (failure, expected) => {
  expect(toGatewayError(failure, 'shop')).toEqual({ ...expected, upstream: 'shop' });
});
