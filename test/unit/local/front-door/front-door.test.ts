import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { FrontDoor } from '../../../../local/front-door/front-door';
import { FunctionError } from '../../../../local/functions/invoker';
import { BEARER, Functions, openDoor, send, streamed } from './door-fixture';

let functions: Functions;
let door: FrontDoor;

beforeEach(async () => {
  functions = new Functions();
  door = await openDoor(functions);
});
afterEach(() => door.close());

const bodyOf = async (answer: Promise<{ text(): Promise<string> }>) => JSON.parse(await (await answer).text());

describe('routing', () => {
  test('hands the decoded path parameter and the path as written to the function', async () => {
    await send(door, { path: '/mcp/o%6Ee?a=1&a=2&b=%20', headers: BEARER, body: '{}' });
    expect(functions.events['mcp']?.[0]).toMatchObject({
      resource: '/mcp/{upstream}',
      path: '/mcp/o%6Ee',
      httpMethod: 'POST',
      pathParameters: { upstream: 'one' },
      queryStringParameters: { a: '2', b: ' ' },
      multiValueQueryStringParameters: { a: ['1', '2'], b: [' '] },
      body: '{}',
      isBase64Encoded: false,
    });
  });

  test('takes an encoded slash for part of the parameter, not for a separator', async () => {
    await send(door, { path: '/mcp/one%2F..%2Ftwo', headers: BEARER, body: '{}' });
    expect(functions.events['mcp']?.[0].pathParameters).toEqual({ upstream: 'one/../two' });
  });

  test('serves the fixed documents without calling any function', async () => {
    const answer = await send(door, { method: 'GET', path: '/.well-known/oauth-protected-resource/mcp/two' });
    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text())).toMatchObject({ resource: `${door.url}/mcp/two` });
    expect(functions.events).toEqual({ mcp: [], authorizer: [], vault: [] });
  });

  test.each([
    ['GET', 405],
    ['DELETE', 405],
    ['PUT', 404],
  ])('answers %s on an endpoint with %i, whoever asks', async (method, status) => {
    const answer = await send(door, { method, headers: BEARER });
    expect(answer.status).toBe(status);
    expect(functions.events['authorizer']).toEqual([]);
  });

  test('lets a page of the allowed origin ask before it calls and read a refusal, without calling any function', async () => {
    const origin = 'https://app.example.com';
    await door.close();
    door = await openDoor(functions, {
      facts: (url) => ({
        gatewayUrl: url,
        issuer: 'https://id.example',
        scopes: [],
        upstreamNames: ['one'],
        allowedOrigin: origin,
      }),
    });
    const preflight = await send(door, { method: 'OPTIONS', headers: { Origin: origin } });
    expect({ status: preflight.status, body: await preflight.text() }).toEqual({ status: 204, body: '' });
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, GET, DELETE',
    });
    const refused = await send(door, { headers: { Origin: origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'www-authenticate': expect.stringContaining('resource_metadata=') as string,
    });
    expect((await send(door, { method: 'OPTIONS', path: '/vault/keys' })).status).toBe(404);
    expect(functions.events).toEqual({ mcp: [], authorizer: [], vault: [] });
  });

  test.each(['/', '/mcp', '/mcp/', '/mcp/one/more', '/vault', '/../mcp/one', '//mcp/one'])(
    'refuses the unknown path %s',
    async (path) => {
      const answer = await send(door, { path, headers: BEARER });
      expect(answer.status).toBe(404);
      expect(JSON.parse(await answer.text()).error.data.reason).toBe('not_found');
    },
  );

  test('refuses a path whose percent-encoding is broken', async () => {
    const answer = await send(door, { path: '/mcp/%E0%A4%A', headers: BEARER });
    expect([answer.status, await answer.text()]).toEqual([400, '{"message":"Bad Request"}']);
  });
});

describe('the event', () => {
  test("keeps the client's header spelling, repeats, and the last value", async () => {
    await send(door, { headers: { ...BEARER, 'X-mUlti': ['a', 'b'], 'x-one': '1' }, body: '{}' });
    const [event] = functions.events['mcp'] ?? [];
    expect(event.headers).toMatchObject({ Authorization: 'Bearer token', 'X-mUlti': 'b', 'x-one': '1' });
    expect(event.multiValueHeaders['X-mUlti']).toEqual(['a', 'b']);
  });

  test('drops what API Gateway drops and never trusts forwarding headers of the client', async () => {
    const headers = {
      ...BEARER,
      'Content-MD5': 'x',
      TE: 'trailers',
      'Max-Forwards': '3',
      'WWW-Authenticate': 'x',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-For': '10.0.0.1',
    };
    await send(door, { headers, body: '{}' });
    const [event] = functions.events['mcp'] ?? [];
    const names = Object.keys(event.headers).map((name) => name.toLowerCase());
    expect(names).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(content-md5|te|max-forwards|www-authenticate|connection)$/)]),
    );
    expect(event.headers).toMatchObject({ 'X-Forwarded-Proto': 'http', 'X-Forwarded-For': '10.0.0.1, 127.0.0.1' });
    expect(event.requestContext.identity).toMatchObject({ sourceIp: '127.0.0.1', userArn: null });
  });

  test('survives a header called __proto__', async () => {
    await send(door, { headers: { ...BEARER, ['__proto__']: 'x', constructor: 'y' }, body: '{}' });
    expect(functions.events['mcp']?.[0].headers.constructor).toBe('y');
  });

  test('carries the request id the client sees', async () => {
    const answer = await send(door, { headers: BEARER, body: '{}' });
    const { requestContext } = functions.events['mcp']?.[0] ?? {};
    expect(answer.headers['x-amzn-requestid']).toBe(requestContext.requestId);
    expect(answer.headers['x-amz-apigw-id']).toBe(requestContext.extendedRequestId);
    expect(requestContext).toMatchObject({ domainName: `127.0.0.1:${door.port}`, resourcePath: '/mcp/{upstream}' });
  });

  test('has a null body where the request has none', async () => {
    await send(door, { headers: BEARER });
    expect(functions.events['mcp']?.[0].body).toBeNull();
  });
});

describe('limits', () => {
  test('refuses a Host that is not its own, so that DNS rebinding finds nobody', async () => {
    const answer = await send(door, { headers: { ...BEARER, Host: 'evil.example' }, body: '{}' });
    expect([answer.status, await answer.text()]).toEqual([403, '{"message":"Forbidden"}']);
    expect(answer.headers['x-amzn-errortype']).toBe('ForbiddenException');
    expect(functions.events['authorizer']).toEqual([]);
  });

  test('refuses more than 10,240 bytes of headers', async () => {
    const answer = await send(door, { headers: { ...BEARER, 'X-Big': 'x'.repeat(10_200) }, body: '{}' });
    expect(answer.status).toBe(431);
    const over = await send(door, { headers: { ...BEARER, 'X-Big': 'x'.repeat(20_000) }, body: '{}' });
    expect(over.status).toBe(431);
  });

  test.each([
    ['10 MB of body', 10 * 1024 * 1024 + 1, 'x'],
    ['6 MB of event', 6 * 1024 * 1024, 'x'],
    ['a small body that escapes to more than 6 MB', 2 * 1024 * 1024, '\u0001'],
  ])('refuses %s with 413', async (_, length, character) => {
    const answer = await send(door, { headers: BEARER, body: character.repeat(length) });
    expect([answer.status, await answer.text()]).toEqual([413, '{"message":"Request Too Long"}']);
    expect(functions.events['mcp']).toEqual([]);
  });

  test('refuses a chunked body as soon as it passes the limit', async () => {
    await door.close();
    door = await openDoor(functions, { limits: { apiRequestBytes: 100 } });
    const socket = connect(door.port, '127.0.0.1');
    const head = `POST /mcp/one HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(`${head}c8\r\n${'x'.repeat(200)}\r\n`);
    const received = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.destroy();
    expect(received).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('a streamed answer', () => {
  test('reaches the client chunk by chunk, before the function has ended it', async () => {
    const body = new PassThrough();
    functions.mcp = () => ({ head: { statusCode: 200, headers: { 'Content-Type': 'text/event-stream' } }, body });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const chunks = answer.body[Symbol.asyncIterator]();
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      body.write(text);
      expect(String((await chunks.next()).value)).toBe(text);
    }
    body.end();
    expect((await chunks.next()).done).toBe(true);
  });

  test('loses its WWW-Authenticate to a renamed field, and hop-by-hop fields altogether', async () => {
    functions.mcp = () =>
      streamed(
        '{}',
        { 'WWW-Authenticate': 'Bearer', Server: 'us', Via: '1.1 us', 'Content-Length': '2', 'X-Own': '1' },
        401,
      );
    const answer = await send(door, { headers: BEARER, body: '{}' });
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'x-amzn-remapped-www-authenticate': 'Bearer',
      'x-amzn-remapped-server': 'us',
      'x-amzn-remapped-content-length': '2',
      'x-own': '1',
      'content-type': 'application/json',
    });
    expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(['www-authenticate', 'server', 'via']));
  });

  test('keeps several cookies and multi-value headers apart', async () => {
    const { body } = streamed('{}');
    const multiValueHeaders = { Vary: ['Origin', 'Accept'] };
    functions.mcp = () => ({
      head: { statusCode: 200, headers: {}, multiValueHeaders, cookies: ['a=1', 'b=2'] },
      body,
    });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(answer.headers.vary).toBe('Origin, Accept');
  });

  test('is cut, not ended, when the function fails in the middle', async () => {
    const body = new PassThrough();
    functions.mcp = () => ({ head: { statusCode: 200, headers: {} }, body });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    body.write('half');
    expect(String((await answer.body[Symbol.asyncIterator]().next()).value)).toBe('half');
    body.destroy(new FunctionError('Error', 'late'));
    await expect(answer.text()).rejects.toThrow('aborted');
  });

  test.each([
    ['streamIdleMs', 30],
    ['streamTotalMs', 30],
    ['streamedResponseBytes', 3],
  ] as const)('is cut at %s', async (limit, value) => {
    await door.close();
    door = await openDoor(functions, { limits: { [limit]: value } });
    const body = new PassThrough();
    functions.mcp = () => ({ head: { statusCode: 200, headers: {} }, body });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    body.write('four');
    await expect(answer.text()).rejects.toThrow('aborted');
    expect(body.destroyed).toBe(true);
  });

  test('waits for a slow client instead of piling up', async () => {
    const body = new PassThrough();
    functions.mcp = () => ({ head: { statusCode: 200, headers: {} }, body });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    const chunk = Buffer.alloc(64 * 1024);
    let accepted = 0;
    // The client does not read yet: after the sockets' buffers, the function must be held up.
    while (accepted < 1000 && (body.write(chunk) || (await drained(body)))) accepted++;
    expect(accepted).toBeLessThan(1000);
    body.end();
    const text = await answer.text();
    expect(text.length).toBe((accepted + 1) * chunk.length);
  });

  test('tells the function that the client has gone', async () => {
    const body = new PassThrough();
    const aborted = new Promise<void>((resolve) => {
      functions.mcp = (_, signal) => {
        signal.addEventListener('abort', () => resolve());
        return { head: { statusCode: 200, headers: {} }, body };
      };
    });
    const client = new AbortController();
    const answer = await send(door, { headers: BEARER, body: '{}', signal: client.signal });
    answer.body.on('error', () => undefined);
    client.abort();
    await aborted;
    expect(body.destroyed).toBe(true);
  });

  test.each([['INTEGRATION_FAILURE', new FunctionError('TypeError', 'secret detail'), 502, 'gateway_failed']])(
    'is %s when the function fails before its head',
    async (_, error, status, reason) => {
      functions.mcp = () => Promise.reject(error);
      const answer = await send(door, { headers: BEARER, body: '{}' });
      const text = await answer.text();
      expect([answer.status, JSON.parse(text).error.data.reason]).toEqual([status, reason]);
      expect(text).not.toContain('secret detail');
    },
  );

  test('is INTEGRATION_FAILURE when its headers are not HTTP, and the function is let go', async () => {
    const answer = streamed('{}', { 'X-Split': 'a\r\nSet-Cookie: b=1' });
    let signal: AbortSignal | undefined;
    functions.mcp = (_, given) => {
      signal = given;
      return answer;
    };
    const response = await send(door, { headers: BEARER, body: '{}' });
    expect([response.status, response.headers['set-cookie']]).toEqual([502, undefined]);
    expect(signal?.aborted).toBe(true);
  });

  test('is INTEGRATION_TIMEOUT when no head comes in time', async () => {
    await door.close();
    door = await openDoor(functions, { limits: { streamTotalMs: 20 } });
    functions.mcp = () => new Promise(() => undefined);
    expect((await send(door, { headers: BEARER, body: '{}' })).status).toBe(504);
  });
});

describe('closing', () => {
  test('ends open streams, closes the functions and frees the port', async () => {
    const body = new PassThrough();
    functions.mcp = () => ({ head: { statusCode: 200, headers: {} }, body });
    const answer = await send(door, { headers: BEARER, body: '{}' });
    const cut = expect(answer.text()).rejects.toThrow('aborted');
    await door.close();
    await cut;
    expect(functions.closed).toBe(true);
    await expect(send(door, { headers: BEARER })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('fails to start on a taken port, and says which', async () => {
    await expect(openDoor(functions, { port: door.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port: door.port,
    });
  });

  test('frees the port when the functions cannot be loaded', async () => {
    let url = '';
    const invoker = (served: string) => {
      url = served;
      return Promise.reject(new Error('no bundle'));
    };
    await expect(openDoor(functions, { invoker })).rejects.toThrow('no bundle');
    await expect(send({ port: Number(new URL(url).port) }, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

/** False when the stream has not drained within many turns of the event loop: the reader is not reading. */
async function drained(stream: PassThrough): Promise<boolean> {
  for (let i = 0; i < 200 && stream.writableNeedDrain; i++) await turn();
  return !stream.writableNeedDrain;
}

test('a connection that breaks inside the request calls nobody', async () => {
  const socket = connect(door.port, '127.0.0.1');
  socket.write(`POST /mcp/one HTTP/1.1\r\nHost: 127.0.0.1:${door.port}\r\nContent-Length: 10\r\n\r\nabc`);
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve).resume());
  expect(functions.events['mcp']).toEqual([]);
  expect(await bodyOf(send(door, { headers: BEARER, body: '{}' }))).toEqual({});
});
