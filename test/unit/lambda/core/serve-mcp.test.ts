import { Readable } from 'node:stream';
import type { TokenVerifier } from '../../../../lambda/core/authenticate';
import { Credentials } from '../../../../lambda/core/credentials';
import { Departure } from '../../../../lambda/core/departure';
import type { Answer, GatewayRequest, StreamedBody } from '../../../../lambda/core/http-message';
import { type GrantStateSource, LiveGrants } from '../../../../lambda/core/live-grants';
import { err, ok, type Result } from '../../../../lambda/core/result';
import { type McpDeps, serveMcp, type Trail } from '../../../../lambda/core/serve-mcp';
import { Sessions } from '../../../../lambda/core/sessions';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure } from '../../../../lambda/core/upstream-call';
import { readAnswer, readRpcError } from '../../../helpers/answers';
import { testClock } from '../../../helpers/clock';
import { gatewayConfig, upstreamConfig } from '../../../helpers/config';
import { FakeVault, failureOf } from '../../../helpers/fake-vault';
import { GRANT_ID, grantRecord } from '../../../helpers/grant';

const GATEWAY = 'https://mcp.example';
const SECRET = 'sk_live_1';
const ARGUMENT = 'a private argument';
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const CALL = {
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'buy', arguments: { what: ARGUMENT }, _meta: META },
};
const RESULT = '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"done"}]}}';

interface Scene {
  readonly clock: ReturnType<typeof testClock>;
  readonly vault: FakeVault;
  readonly trail: Trail;
  readonly sent: UpstreamCall[];
  /** Answers of the upstream, in order; the last one repeats. */
  answers: ((call: UpstreamCall) => Result<UpstreamAnswer, UpstreamFailure>)[];
  verified: number;
  sessionKeyReads: number;
  serve(request?: Partial<GatewayRequest>, signal?: Departure): Promise<Answer>;
}

function scene(
  values: { cacheTtlMs?: number; verify?: TokenVerifier['verify']; states?: GrantStateSource } = {},
): Scene {
  const clock = testClock();
  const vault = new FakeVault('gateway-1');
  const config = gatewayConfig(
    [
      upstreamConfig('shop', { credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } } }),
      upstreamConfig('open', { totalTimeoutMs: 60_000 }),
    ],
    { cacheTtlMs: values.cacheTtlMs ?? 1000 },
  );
  vault.store('acme', { key: SECRET }, ['https://shop.example']);
  const trail: Trail = {};
  const self: Scene = {
    clock,
    vault,
    trail,
    sent: [],
    answers: [() => ok(json(200, RESULT))],
    verified: 0,
    sessionKeyReads: 0,
    serve: (request = {}, signal = new Departure()) =>
      serveMcp({ ...modernRequest(), ...request }, deps, trail, signal),
  };
  const verify = values.verify ?? (async () => ok(token([`${GATEWAY}/mcp`])));
  const deps: McpDeps = {
    config,
    facts: { gatewayUrl: GATEWAY, upstreamNames: ['shop', 'open'], requiredScopes: [] },
    tokens: {
      verify: (text) => {
        self.verified += 1;
        return verify(text);
      },
    },
    grants: values.states && new LiveGrants({ cacheTtlMs: config.cacheTtlMs, now: clock.now, states: values.states }),
    people: undefined,
    credentials: new Credentials({
      gatewayId: 'gateway-1',
      cacheTtlMs: config.cacheTtlMs,
      now: clock.now,
      records: vault.records,
      secrets: vault.secrets,
      dataKeys: vault.dataKeys,
    }),
    sessions: new Sessions({
      issuer: 'https://issuer.example',
      gatewayUrl: GATEWAY,
      randomBytes: (size) => Buffer.alloc(size, self.sessionKeyReads),
      loadKey: async () => {
        self.sessionKeyReads += 1;
        return ok(Buffer.alloc(32, 3));
      },
    }),
    upstreams: {
      send: async (call) => {
        self.sent.push(call);
        const answer = self.answers.length > 1 ? self.answers.shift() : self.answers[0];
        if (answer === undefined) throw new Error('the upstream has no answer');
        return answer(call);
      },
    },
    now: clock.now,
  };
  return self;

  function modernRequest(): GatewayRequest {
    return {
      method: 'POST',
      endpoint: 'shop',
      headers: {
        authorization: 'Bearer caller-token',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'buy',
        cookie: 'session=1',
      },
      body: Buffer.from(JSON.stringify(CALL)),
      requestId: 'aws-1',
      deadlineMs: clock.now() + 900_000,
    };
  }
}

function token(audiences: readonly string[]) {
  return { subject: 'alice', clientId: 'agent', scopes: [], audiences, grantId: GRANT_ID, expiresAtMs: 0 };
}

function json(status: number, body: string, headers: Record<string, string> = {}): UpstreamAnswer {
  const source = Readable.from([Buffer.from(body)], { objectMode: false });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: source };
}

const reasonOf = async (answer: Answer) => (await readRpcError(answer)).error.data['reason'];
const legacyHeaders = (values: Record<string, string> = {}) => ({
  authorization: 'Bearer caller-token',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-06-18',
  ...values,
});

test('a call reaches the upstream with the key, byte for byte, and its result comes back', async () => {
  const s = scene();
  const body = Buffer.from(` ${JSON.stringify(CALL)}\n`);
  const answer = await s.serve({ body });
  expect([answer.status, await readAnswer(answer)]).toEqual([200, RESULT]);
  expect(s.sent).toHaveLength(1);
  expect(s.sent[0]?.body).toBe(body);
  expect(s.sent[0]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, 'mcp-name': 'buy' });
  expect(JSON.stringify(s.sent[0]?.headers)).not.toMatch(/caller-token|cookie/);
});

test('the secrets to take out of the answer travel with it', async () => {
  const answer = await scene().serve();
  expect(answer.body.kind === 'stream' ? answer.body.needles.map(String) : []).toContain(SECRET);
});

test('an upstream without a credential is called without one, and the vault is left alone', async () => {
  const s = scene();
  expect((await s.serve({ endpoint: 'open' })).status).toBe(200);
  expect(s.sent[0]?.headers).not.toHaveProperty('authorization');
  expect(s.vault.calls.records).toBe(0);
});

describe('what is refused costs as little as it can', () => {
  const untouched = (s: Scene) => {
    expect(s.vault.calls).toEqual({ records: 0, secrets: 0, dataKeys: 0 });
    expect(s.sessionKeyReads).toBe(0);
    expect(s.sent).toEqual([]);
  };

  test.each([
    ['a GET', { method: 'GET' }, 'method_not_allowed'],
    [
      'a request without Accept',
      { headers: { authorization: 'Bearer t', 'content-type': 'application/json' } },
      'not_acceptable',
    ],
    ['a body of 6 MB and one byte', { body: Buffer.alloc(6 * 1024 * 1024 + 1) }, 'request_too_large'],
  ])('%s: not even a token is looked at', async (_, request, reason) => {
    const s = scene();
    expect(await reasonOf(await s.serve(request))).toBe(reason);
    expect(s.verified).toBe(0);
    untouched(s);
  });

  test('a caller without a token: the body is not read, however broken', async () => {
    const s = scene();
    const answer = await s.serve({ headers: legacyHeaders({ authorization: '' }), body: Buffer.from('[{') });
    expect([answer.status, await reasonOf(answer)]).toEqual([401, 'unauthorized']);
    untouched(s);
  });

  test('a token of another endpoint: no upstream name is told', async () => {
    const s = scene({ verify: async () => ok(token(['https://elsewhere.example'])) });
    const answer = await s.serve({ endpoint: 'nope' });
    expect(answer.status).toBe(401);
    expect(await readAnswer(answer)).not.toMatch(/shop|open/);
    untouched(s);
  });

  test('an unknown upstream: the caller learns the known ones', async () => {
    const s = scene();
    const { error } = await readRpcError(await s.serve({ endpoint: 'shpo' }));
    expect(error.data).toMatchObject({ reason: 'unknown_upstream', help: 'Use one of: /mcp/shop, /mcp/open' });
    untouched(s);
  });

  test.each([
    ['unreadable JSON', Buffer.from('{'), 'parse_error'],
    ['a batch', Buffer.from(JSON.stringify([CALL])), 'batch_not_supported'],
    ['two methods', Buffer.from('{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}'), 'ambiguous_json'],
    ['another tool in the body', Buffer.from(JSON.stringify(CALL).replace('buy', 'sell')), 'header_mismatch'],
  ])('%s: the vault is not asked', async (_, body, reason) => {
    const s = scene();
    expect(await reasonOf(await s.serve({ body }))).toBe(reason);
    untouched(s);
  });

  test('a session of someone else: the credential is not read', async () => {
    const s = scene();
    const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    const answer = await s.serve({ headers: legacyHeaders({ 'mcp-session-id': 'v1.stolen' }), body });
    expect([answer.status, await reasonOf(answer)]).toEqual([404, 'session_not_found']);
    expect(s.vault.calls.records).toBe(0);
  });

  test('a header that cannot be forwarded: the upstream is not called', async () => {
    const s = scene();
    const name = `=?base64?${btoa('buy')}?=\u0001`;
    const request = { ...legacyHeaders({ traceparent: name }) };
    expect(
      await reasonOf(await s.serve({ headers: request, body: Buffer.from(JSON.stringify({ ...CALL, params: {} })) })),
    ).toBe('invalid_header');
    expect(s.sent).toEqual([]);
  });
});

test.each([
  ['parse_error', Buffer.from('{'), null],
  ['invalid_message', Buffer.from('{"jsonrpc":"2.0","id":{}}'), null],
  ['header_mismatch', Buffer.from(JSON.stringify({ ...CALL, method: 'tools/list' })), 7],
])('%s answers with the id that could be read', async (_, body, id) => {
  expect((await readRpcError(await scene().serve({ body }))).id).toBe(id);
});

test.each([
  ['credential_missing', (s: Scene) => s.vault.table.clear(), 503],
  ['credential_disabled', (s: Scene) => s.vault.disable('acme'), 403],
  [
    'vault_unavailable',
    (s: Scene) => Object.assign(s.vault.failing, { records: failureOf('dynamodb', 'throttled', 'T') }),
    503,
  ],
])('%s: the upstream is not called', async (reason, arrange, status) => {
  const s = scene();
  arrange(s);
  const answer = await s.serve();
  expect([answer.status, await reasonOf(answer)]).toEqual([status, reason]);
  expect(s.sent).toEqual([]);
  expect(s.trail.failure).toMatchObject({ reason });
});

describe('a key the upstream refuses', () => {
  test('is read anew, and the call is sent once more if it has changed', async () => {
    const s = scene();
    const refused = json(401, '{}');
    s.answers = [
      () => {
        s.vault.store('acme', { key: 'sk_live_2' }, ['https://shop.example']);
        return ok(refused);
      },
      () => ok(json(200, RESULT)),
    ];
    expect((await s.serve()).status).toBe(200);
    expect(s.sent.map(({ headers }) => headers['authorization'])).toEqual([`Bearer ${SECRET}`, 'Bearer sk_live_2']);
    expect(refused.body.destroyed).toBe(true);
  });

  test('and has changed is tried again within the time of the first', async () => {
    const s = scene();
    const startedAt = s.clock.now();
    s.answers = [
      () => {
        s.clock.advance(20_000);
        s.vault.store('acme', { key: 'sk_live_2' }, ['https://shop.example']);
        return ok(json(401, '{}'));
      },
      () => ok(json(200, RESULT)),
    ];
    await s.serve();
    const deadlines = s.sent.map(({ deadlineMs }) => deadlineMs - startedAt);
    expect(deadlines).toEqual([deadlines[0], deadlines[0]]);
  });

  test('and has not changed is not tried again', async () => {
    const s = scene();
    s.answers = [() => ok(json(401, '{}'))];
    const answer = await s.serve();
    expect([answer.status, await reasonOf(answer)]).toEqual([502, 'upstream_refused_credential']);
    expect(s.sent).toHaveLength(1);
    expect(s.vault.calls).toEqual({ records: 3, secrets: 1, dataKeys: 1 });
  });

  test('and refused again after it changed is not tried a third time', async () => {
    const s = scene();
    let version = 1;
    s.answers = [
      () => {
        version += 1;
        s.vault.store('acme', { key: `sk_live_${version}` }, ['https://shop.example']);
        return ok(json(401, '{}'));
      },
    ];
    expect(await reasonOf(await s.serve())).toBe('upstream_refused_credential');
    expect(s.sent).toHaveLength(2);
  });

  test('and was disabled meanwhile is not tried again', async () => {
    const s = scene();
    s.answers = [
      () => {
        s.vault.disable('acme');
        return ok(json(401, '{}'));
      },
    ];
    expect((await s.serve()).status).toBe(502);
    expect(s.sent).toHaveLength(1);
  });

  test('where there was none: the vault is not asked', async () => {
    const s = scene();
    s.answers = [() => ok(json(401, '{}'))];
    expect((await s.serve({ endpoint: 'open' })).status).toBe(502);
    expect([s.sent.length, s.vault.calls.records]).toEqual([1, 0]);
  });
});

test('an older client gets the upstream’s session sealed, and the upstream gets its own back', async () => {
  const s = scene();
  const initialize = Buffer.from(
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}',
  );
  s.answers = [() => ok(json(200, RESULT, { 'mcp-session-id': 'up-1' }))];
  const { 'mcp-protocol-version': _, ...headers } = legacyHeaders();
  const started = await s.serve({ headers, body: initialize });
  const sealed = started.headers['mcp-session-id'] ?? '';
  expect(sealed).toMatch(/^v1\./);
  const list = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  await s.serve({ headers: legacyHeaders({ 'mcp-session-id': sealed }), body: list });
  expect(s.sent.map((call) => call.headers['mcp-session-id'])).toEqual([undefined, 'up-1']);
  await s.serve({ endpoint: 'open', headers: legacyHeaders({ 'mcp-session-id': sealed }), body: list });
  expect(s.sent).toHaveLength(2);
});

test('an answer that fails on its way is named in the audit, and answered with the id of the call', async () => {
  const s = scene();
  const answer = await s.serve();
  expect(s.trail).not.toHaveProperty('failure');
  const told = (answer.body as StreamedBody).fail(new UpstreamFailure('idle_timeout'));
  expect(s.trail.failure).toEqual({ reason: 'upstream_timeout', phase: 'idle' });
  expect(await readRpcError(await told)).toMatchObject({ id: 7, error: { data: { reason: 'upstream_timeout' } } });
});

describe('the deadline of a call', () => {
  test('is the total timeout of the upstream', async () => {
    const s = scene();
    await s.serve({ endpoint: 'open' });
    expect(s.sent[0]?.deadlineMs).toBe(s.clock.now() + 60_000);
  });

  test('leaves time to answer before the platform ends the invocation', async () => {
    const s = scene();
    await s.serve({ endpoint: 'open', deadlineMs: s.clock.now() + 10_000 });
    expect(s.sent[0]?.deadlineMs).toBe(s.clock.now() + 9_500);
  });
});

test.each([
  ['tools/call', 'buy', false],
  ['prompts/get', 'buy', true],
])('%s may be sent twice on a broken connection: %s', async (method, name, isSafe) => {
  const s = scene();
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { name } }));
  await s.serve({ headers: legacyHeaders(), body });
  expect(s.sent[0]?.isSafe).toBe(isSafe);
});

describe('the audit trail', () => {
  test('says who called what where, without argument, result, token or key', async () => {
    const s = scene();
    s.answers = [
      () => {
        s.clock.advance(42);
        return ok(json(200, RESULT));
      },
    ];
    await readAnswer(await s.serve());
    expect(s.trail).toEqual({
      subject: 'alice',
      clientId: 'agent',
      upstream: 'shop',
      rpcMethod: 'tools/call',
      target: 'buy',
      era: 'modern',
      upstreamMs: 42,
    });
  });

  test('takes no text of a message but its method and the name of a tool, prompt or resource', async () => {
    const s = scene();
    const params = { name: ARGUMENT, uri: ARGUMENT, token: ARGUMENT };
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'vendor/login', params }));
    await s.serve({ headers: legacyHeaders(), body });
    expect(s.trail).toMatchObject({ rpcMethod: 'vendor/login' });
    expect(JSON.stringify(s.trail)).not.toContain(ARGUMENT);
  });

  test.each([
    ['https://cdn.example/a?X-Amz-Signature=S3cret#S3cret', 'https://cdn.example/a'],
    ['https://alice:S3cret@host.example/a', 'https://host.example/a'],
    ['file:///notes/a@b.txt#S3cret\n?x', 'file:///notes/a@b.txt'],
    ['note:1', 'note:1'],
  ])('of resource %s says %s: what lets one in is left out', async (uri, target) => {
    const s = scene();
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri } }));
    await s.serve({ headers: legacyHeaders(), body });
    expect(s.trail.target).toBe(target);
  });

  test('leaves the name of a tool whole, whatever it is called', async () => {
    const s = scene();
    const body = Buffer.from(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'really?#1' } }),
    );
    await s.serve({ headers: legacyHeaders(), body });
    expect(s.trail.target).toBe('really?#1');
  });

  test('is bounded, whatever a client calls its methods and tools', async () => {
    const s = scene();
    const long = 'x'.repeat(100_000);
    for (const message of [
      { jsonrpc: '2.0', id: 1, method: long },
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: long } },
    ]) {
      await s.serve({ headers: legacyHeaders(), body: Buffer.from(JSON.stringify(message)) });
    }
    expect(JSON.stringify(s.trail).length).toBeLessThan(1000);
  });

  test('says why a call failed, and which status the upstream gave', async () => {
    const s = scene();
    s.answers = [() => ok(json(500, 'secret words'))];
    await s.serve();
    expect(s.trail.failure).toEqual({ reason: 'upstream_failed', upstreamStatus: 500 });
    s.answers = [() => ok(json(400, '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"secret words"}}'))];
    expect((await s.serve()).status).toBe(400);
    expect(s.trail.failure).toEqual({ reason: 'upstream_error', upstreamStatus: 400 });
    s.answers = [() => err(new UpstreamFailure('connect_timeout'))];
    const answer = await s.serve();
    expect([answer.status, await reasonOf(answer)]).toEqual([504, 'upstream_timeout']);
    expect(s.trail.failure).toEqual({ reason: 'upstream_timeout', phase: 'connect' });
  });

  test('tells the operator what was wrong with a token, which the caller is not told', async () => {
    const s = scene({ verify: async () => err('bad_signature') });
    expect(await readAnswer(await s.serve())).not.toContain('bad_signature');
    expect(s.trail).toEqual({ failure: { reason: 'unauthorized', problem: 'bad_signature' } });
  });
});

describe('where the gateway issued the token itself', () => {
  const NOW = Date.UTC(2026, 10, 1);
  const record = grantRecord(NOW);
  const own = grantRecord(NOW, { client: { ...record.client, clientId: 'agent' } });

  test('a call under a living grant reaches the upstream', async () => {
    const s = scene({ states: { read: async () => ok({ grant: own, switches: [] }) } });
    expect((await s.serve()).status).toBe(200);
  });

  test('refuses a call under a revoked grant with a challenge, and sends nothing', async () => {
    const states = { read: async () => ok({ grant: { ...own, phase: 'revoked' as const }, switches: [] }) };
    const s = scene({ states });
    const answer = await s.serve();
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(await reasonOf(answer)).toBe('unauthorized');
    expect(s.trail.failure).toEqual({ reason: 'unauthorized', problem: 'grant_over' });
    expect(s.sent).toEqual([]);
  });

  test("refuses a token that names no grant, or another client's", async () => {
    const states = { read: async () => ok({ grant: own, switches: [] }) };
    const named = token([`${GATEWAY}/mcp`]);
    for (const odd of [{ grantId: undefined }, { clientId: 'other' }, { clientId: undefined }]) {
      const s = scene({ states, verify: async () => ok({ ...named, ...odd }) });
      expect((await s.serve()).status).toBe(401);
      expect(s.sent).toEqual([]);
    }
  });

  test('fails closed while grants cannot be read', async () => {
    const s = scene({ states: { read: async () => err(failureOf('dynamodb', 'unavailable', 'TimeoutError')) } });
    expect((await s.serve()).status).toBe(503);
    expect(s.sent).toEqual([]);
  });

  test('the grant and the key are read side by side', async () => {
    const s = scene({
      cacheTtlMs: 0,
      // Answers only once the vault has been asked, too.
      states: {
        read: async () => {
          while (s.vault.calls.records === 0) await new Promise((resolve) => setImmediate(resolve));
          return ok({ grant: own, switches: [] });
        },
      },
    });
    expect((await s.serve()).status).toBe(200);
  });
});
