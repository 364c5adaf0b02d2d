import { openTicket } from '../../../../../lambda/core/connections/ticket';
import { Departure } from '../../../../../lambda/core/departure';
import type { Answer } from '../../../../../lambda/core/http-message';
import { readAnswer, readRpcError } from '../../../../helpers/answers';
import { GRANT_ID } from '../../../../helpers/grant';
import { GATEWAY, json, KEY, legacy, modern, type PersonScene, personScene } from '../../../../helpers/person-scene';

const CALL = { name: 'whoami', arguments: { id: 1 } };
const MESSAGE = 'Connect your GitHub account to continue';
const LINK = /https:\/\/mcp\.example\/connect\/github\?e=([\w-]+)/;

const bodyOf = async (answer: Answer) => JSON.parse(await readAnswer(answer));
const resultOf = async (answer: Answer) => (await bodyOf(answer)).result;
const ticketIn = (text: string, s: PersonScene) => openTicket(KEY, LINK.exec(text)?.[1] ?? '', s.clock.now());
const retryOf = (requestState: string, action: string | undefined = 'accept', params: object = CALL) =>
  modern('tools/call', {
    ...params,
    ...(action === 'poll' ? {} : { inputResponses: { connect_github: { action } } }),
    requestState,
  });
const stateOf = async (s: PersonScene) =>
  (await resultOf(await s.serve(modern('tools/call', CALL)))).requestState as string;

describe('a client of 2026-07-28 that opens URLs', () => {
  test('is asked to show the link', async () => {
    const s = personScene();
    const answer = await s.serve(modern('tools/call', CALL));
    const result = await resultOf(answer);
    expect([answer.status, answer.headers]).toEqual([
      200,
      { 'content-type': 'application/json', 'cache-control': 'no-store' },
    ]);
    expect(result).toEqual({
      resultType: 'input_required',
      inputRequests: {
        connect_github: {
          method: 'elicitation/create',
          params: { mode: 'url', url: expect.stringMatching(LINK), message: MESSAGE },
        },
      },
      requestState: expect.stringMatching(/^mcp-gateway\.[\w-]+$/),
    });
    expect(ticketIn(result.inputRequests.connect_github.params.url, s)).toEqual({
      subject: 'alice',
      provider: 'github',
      grantId: GRANT_ID,
      expiresAtMs: s.clock.now() + 600_000,
      nonce: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(s.sent).toEqual([]);
  });

  test.each([
    ['prompts/get', { name: 'greeting' }],
    ['resources/read', { uri: 'file:///a' }],
  ])('is asked so by %s, too', async (method, params) => {
    expect((await resultOf(await personScene().serve(modern(method, params)))).resultType).toBe('input_required');
  });

  test('gets a fresh link each time', async () => {
    const s = personScene();
    const results = [await stateOf(s), await stateOf(s)];
    expect(new Set(results).size).toBe(2);
  });

  test('goes on by itself when the person has finished while the call was held', async () => {
    const s = personScene();
    const state = await stateOf(s);
    let pauses = 0;
    s.onSleep = () => {
      pauses += 1;
      return pauses === 3 && s.connect({ token: 'gho_alice' });
    };
    const answer = await s.serve(retryOf(state));
    expect((await resultOf(answer)).content[0].text).toBe('done');
    expect(pauses).toBe(3);
    expect(JSON.parse(String(s.sent[0]?.body)).params).toEqual({ ...CALL, _meta: expect.anything() });
  });

  test('is held for 20 s at most, and then asked to come again without showing anything anew', async () => {
    const s = personScene();
    const state = await stateOf(s);
    const startedAt = s.clock.now();
    expect(await resultOf(await s.serve(retryOf(state)))).toEqual({
      resultType: 'input_required',
      requestState: state,
    });
    expect(s.clock.now() - startedAt).toBe(20_000);
    await s.connect();
    expect((await resultOf(await s.serve(retryOf(state, 'poll')))).content[0].text).toBe('done');
  });

  test('is not held longer than half its time: the call itself has the other half', async () => {
    const s = personScene();
    const state = await stateOf(s);
    const startedAt = s.clock.now();
    await s.serve({ ...retryOf(state), deadlineMs: startedAt + 3_700 });
    expect(s.clock.now() - startedAt).toBe(1_600);
    s.onSleep = () => s.clock.now() >= startedAt + 3_100 && s.connect();
    const last = await s.serve({ ...retryOf(state, 'poll'), deadlineMs: startedAt + 1_600 + 3_700 });
    expect((await resultOf(last)).content[0].text).toBe('done');
    expect((s.sent[0]?.deadlineMs ?? 0) - s.clock.now()).toBe(1_600);
  });

  test('is held no longer once it has left', async () => {
    const s = personScene();
    const state = await stateOf(s);
    const departure = new Departure();
    const startedAt = s.clock.now();
    s.onSleep = () => departure.happen();
    await s.serve(retryOf(state), departure);
    expect(s.clock.now() - startedAt).toBe(500);
    expect(departure.isWatched).toBe(false);
  });

  test.each(['decline', 'cancel'])('is told that nothing was called after %s', async (action) => {
    const s = personScene();
    const result = await resultOf(await s.serve(retryOf(await stateOf(s), action)));
    expect(result).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: 'Connecting the GitHub account was declined, so this call was not made' }],
      isError: true,
    });
    expect(s.sent).toEqual([]);
  });

  test('waits for another account where the one there is has been refused', async () => {
    const s = personScene();
    await s.connect({ token: 'gho_1st_token' });
    s.answers = [
      ({ headers }) =>
        headers['authorization'] === 'Bearer gho_2nd_token'
          ? json(200, '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"done"}]}}')
          : json(403, '', { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
    ];
    const state = await stateOf(s);
    s.onSleep = () => s.connect({ token: 'gho_2nd_token' });
    expect((await resultOf(await s.serve(retryOf(state)))).content[0].text).toBe('done');
    expect(s.sent).toHaveLength(2);
  });
});

describe('a retry', () => {
  const invalid = { code: -32602, message: 'params.requestState is not one of this call, or its time is over' };
  const refused = async (s: PersonScene, request: object, subject?: string) => {
    const answer = await s.serve(request, undefined, subject);
    expect([answer.status, (await readRpcError(answer)).error]).toMatchObject([
      400,
      { ...invalid, data: { reason: 'request_state_invalid' } },
    ]);
    expect(s.sent).toEqual([]);
  };

  test('refuses a state whose time is over', async () => {
    const s = personScene();
    const state = await stateOf(s);
    s.clock.advance(600_000);
    await refused(s, retryOf(state));
  });

  test('refuses a state of somebody else', async () => {
    const s = personScene();
    await refused(s, retryOf(await stateOf(s)), 'mallory');
  });

  test('refuses an approval of one call for another one', async () => {
    const s = personScene();
    const state = await stateOf(s);
    await refused(s, retryOf(state, 'accept', { name: 'whoami', arguments: { id: 2 } }));
    await refused(s, retryOf(state, 'accept', { name: 'delete_all', arguments: { id: 1 } }));
    await refused(s, modern('prompts/get', { name: 'whoami', arguments: { id: 1 }, requestState: state }));
  });

  test('refuses an altered state', async () => {
    const s = personScene();
    const state = await stateOf(s);
    const other = state[20] === 'x' ? 'y' : 'x';
    for (const altered of [
      `${state}A`,
      state.slice(0, -1),
      state.slice(0, 20) + other + state.slice(21),
      'mcp-gateway.',
    ])
      await refused(s, retryOf(altered));
  });

  test('may name its arguments in another order', async () => {
    const s = personScene();
    const first = modern('tools/call', { name: 'whoami', arguments: { a: 1, b: { c: [1], d: 2 } } });
    const { requestState } = await resultOf(await s.serve(first));
    await s.connect();
    const again = { arguments: { b: { d: 2, c: [1] }, a: 1 }, name: 'whoami' };
    expect((await s.serve(retryOf(requestState, 'accept', again))).status).toBe(200);
  });

  test('keeps numbers no double can hold, and whatever else it says', async () => {
    const s = personScene();
    const exact = (request: ReturnType<typeof modern>) => ({
      ...request,
      body: String(request.body).replace('"id":1', '"id":12345678901234567890.10'),
    });
    const { requestState } = await resultOf(await s.serve(exact(modern('tools/call', CALL))));
    await s.connect();
    await s.serve(exact(retryOf(requestState)));
    expect(String(s.sent[0]?.body)).toContain('"arguments":{"id":12345678901234567890.10}');
    expect(String(s.sent[0]?.body)).not.toMatch(/requestState|inputResponses/);
  });

  test('refuses an approval of one call for another whose ids are one double', async () => {
    const s = personScene();
    const withId = (request: ReturnType<typeof modern>, id: string) => ({
      ...request,
      body: String(request.body).replace('"id":1', `"id":${id}`),
    });
    const asked = withId(modern('tools/call', CALL), '1234567890123456789');
    const { requestState } = await resultOf(await s.serve(asked));
    await refused(s, withId(retryOf(requestState), '1234567890123456788'));
  });

  test('with a state of the upstream’s own passes byte for byte', async () => {
    const s = personScene();
    await s.connect();
    const request = retryOf('v1.of-the-upstream');
    await s.serve(request);
    expect(s.sent[0]?.body).toBe(request.body);
  });
});

describe('a client that opens no URLs', () => {
  test.each([
    ['2026-07-28', modern('tools/call', CALL, {}), { resultType: 'complete' }],
    ['2026-07-28 that fills in forms', modern('tools/call', CALL, { elicitation: {} }), { resultType: 'complete' }],
    ['2025-11-25', legacy('tools/call', CALL), {}],
    ['2025-06-18', legacy('tools/call', CALL, { version: '2025-06-18' }), {}],
  ])('of %s gets the link as the text of a result', async (_, request, more) => {
    const s = personScene();
    const result = await resultOf(await s.serve(request));
    expect(result).toEqual({ ...more, isError: true, content: [{ type: 'text', text: expect.any(String) }] });
    expect(result.content[0].text).toMatch(
      /^Connect your GitHub account to continue: https:\/\/\S+\nThe link works for ten minutes, and only for the person it was made for\. Once it is done, call this tool again\.$/,
    );
    expect(ticketIn(result.content[0].text, s)).toMatchObject({ subject: 'alice', provider: 'github' });
  });

  test('of 2026-07-28 is told which capability a prompt needs', async () => {
    const answer = await personScene().serve(modern('prompts/get', { name: 'greeting' }, {}));
    const { error } = await readRpcError(answer);
    expect([answer.status, error.code]).toEqual([400, -32021]);
    expect(error.data['requiredCapabilities']).toEqual({ elicitation: { url: {} } });
    expect(error.message).toMatch(LINK);
  });

  test('of 2025-06-18 gets the link in the error of a prompt', async () => {
    const answer = await personScene().serve(legacy('prompts/get', { name: 'greeting' }, { version: '2025-06-18' }));
    const { error } = await readRpcError(answer);
    expect([answer.status, error.code]).toEqual([200, -32603]);
    expect(error.message).toMatch(LINK);
  });
});

describe('before there is a connection', () => {
  test('server/discover and lists lead to one tool, and are not to be kept', async () => {
    const s = personScene();
    const discovered = await resultOf(await s.serve(modern('server/discover')));
    expect(discovered).toMatchObject({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: 'private',
    });
    const listed = await resultOf(await s.serve(modern('tools/list')));
    expect(listed).toMatchObject({ resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
    expect(listed.tools).toEqual([
      {
        name: 'connect_github',
        title: 'Connect GitHub',
        description:
          'Connect your GitHub account to this gateway. Gives a link for the person to open; afterwards, list the tools again.',
        inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      },
    ]);
    expect((await resultOf(await s.serve(modern('prompts/list')))).prompts).toEqual([]);
    expect(s.sent).toEqual([]);
  });

  test('that tool gives the link, and says so once there is an account', async () => {
    const s = personScene();
    const connect = modern('tools/call', { name: 'connect_github', arguments: {} }, {});
    expect((await resultOf(await s.serve(connect))).content[0].text).toMatch(LINK);
    await s.connect();
    expect(await resultOf(await s.serve(connect))).toEqual({
      resultType: 'complete',
      content: [{ type: 'text', text: 'Your GitHub account is connected. List the tools again to see what there is.' }],
    });
    expect(s.sent).toEqual([]);
  });

  test('notifications and pings of older clients are taken', async () => {
    const s = personScene();
    expect((await s.serve(legacy('notifications/initialized', {}, { id: null }))).status).toBe(202);
    expect(await resultOf(await s.serve(legacy('ping')))).toEqual({});
  });

  test.each([
    [404, modern('completion/complete')],
    [200, legacy('completion/complete')],
  ])('fails with status %d on other methods', async (status, request) => {
    const answer = await personScene().serve(request);
    const { error } = await readRpcError(answer);
    expect([answer.status, error.code, error.data['help']]).toEqual([
      status,
      -32601,
      'Connect the GitHub account first: call the tool connect_github.',
    ]);
  });

  test.each([
    ['2025-06-18', '2025-06-18'],
    ['2026-07-28', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
  ])('an opening of %s agrees on %s', async (asked, agreed) => {
    const result = await resultOf(await personScene().serve(legacy('initialize', { protocolVersion: asked })));
    expect(result).toMatchObject({ protocolVersion: agreed, capabilities: { tools: {} } });
  });
});

describe('a session that began without an account', () => {
  const opening = (capabilities: object, protocolVersion = '2025-11-25') =>
    legacy('initialize', { protocolVersion, capabilities, clientInfo: { name: 'agent', version: '1' } });
  const sessionOf = async (s: PersonScene, capabilities: object, version?: string) =>
    (await s.serve(opening(capabilities, version))).headers['mcp-session-id'];

  test('knows whether its client opens URLs: error -32042 with the link', async () => {
    const s = personScene();
    const session = await sessionOf(s, { elicitation: { url: {} } });
    const answer = await s.serve(legacy('tools/call', CALL, { session }));
    const { error } = await readRpcError(answer);
    expect([answer.status, error]).toEqual([
      200,
      {
        code: -32042,
        message: MESSAGE,
        data: {
          reason: 'connection_needed',
          help: 'The link works for ten minutes, and only for the person it was made for.',
          requestId: 'aws-1',
          elicitations: [
            {
              mode: 'url',
              elicitationId: expect.stringMatching(/^[\w-]{22}$/),
              url: expect.stringMatching(LINK),
              message: MESSAGE,
            },
          ],
        },
      },
    ]);
  });

  test.each([
    ['fills in forms only', { elicitation: {} }, '2025-11-25'],
    ['speaks a revision without it', { elicitation: { url: {} } }, '2025-06-18'],
  ])('gets a text where the client %s', async (_, capabilities, version) => {
    const s = personScene();
    const session = await sessionOf(s, capabilities, version);
    const result = await resultOf(await s.serve(legacy('tools/call', CALL, { session, version })));
    expect(result.isError).toBe(true);
  });

  test('goes on at an upstream without sessions as if it were none', async () => {
    const s = personScene();
    const session = await sessionOf(s, {});
    await s.connect();
    expect((await resultOf(await s.serve(legacy('tools/call', CALL, { session })))).content[0].text).toBe('done');
    expect(s.sent.map(({ headers }) => headers['mcp-session-id'])).toEqual([undefined]);
  });

  test('is opened at an upstream that demands one, and the client gets the upstream’s own', async () => {
    const s = personScene();
    const session = await sessionOf(s, {});
    await s.connect();
    s.answers = [
      ({ headers, body }) => {
        const { method } = JSON.parse(String(body));
        if (method === 'initialize')
          return json(200, '{"jsonrpc":"2.0","id":"gateway","result":{}}', { 'mcp-session-id': 'u1' });
        if (headers['mcp-session-id'] !== 'u1') return json(400, '{}');
        return method === 'tools/call' ? json(200, '{"jsonrpc":"2.0","id":7,"result":{"content":[]}}') : json(202, '');
      },
    ];
    const answer = await s.serve(legacy('tools/call', CALL, { session }));
    expect([answer.status, (await resultOf(answer)).content]).toEqual([200, []]);
    expect(s.sent.map(({ body }) => JSON.parse(String(body)).method)).toEqual([
      'tools/call',
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
    expect(JSON.parse(String(s.sent[1]?.body)).params).toEqual({
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'agent', version: '1' },
    });
    const own = answer.headers['mcp-session-id'];
    expect(own).not.toBe(session);
    await s.serve(legacy('tools/call', CALL, { session: own }));
    expect(s.sent.at(-1)?.headers['mcp-session-id']).toBe('u1');
  });

  test('fails as gone where the upstream will not open one, so that the client begins anew', async () => {
    const s = personScene();
    const session = await sessionOf(s, {});
    await s.connect();
    s.answers = [() => json(404, '{}')];
    const answer = await s.serve(legacy('tools/call', CALL, { session }));
    expect([answer.status, (await readRpcError(answer)).error.data['reason']]).toEqual([404, 'session_not_found']);
  });

  test('refuses the session of somebody else', async () => {
    const s = personScene();
    const session = await sessionOf(s, {});
    const answer = await s.serve(legacy('tools/call', CALL, { session }), undefined, 'mallory');
    expect((await readRpcError(answer)).error.data['reason']).toBe('session_not_found');
  });
});

test('no link shows who is asked, and it leads to the gateway itself', async () => {
  const s = personScene();
  const { inputRequests } = await resultOf(await s.serve(modern('tools/call', CALL)));
  const url = new URL(inputRequests.connect_github.params.url);
  expect([url.origin, url.pathname, [...url.searchParams.keys()]]).toEqual([GATEWAY, '/connect/github', ['e']]);
  expect(url.href).not.toContain('alice');
});
