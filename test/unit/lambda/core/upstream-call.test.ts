import { isSafeMethod, upstreamHeaders } from '../../../../lambda/core/upstream-call';

const OWN = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'accept-encoding': 'identity',
  'user-agent': 'cdk-mcp-gateway',
};
const CREDENTIAL = { headers: { authorization: 'Bearer sk_live_1' }, needles: [] };

const HOSTILE = {
  authorization: 'Bearer caller',
  'proxy-authorization': 'Basic x',
  cookie: 'session=1',
  'set-cookie': 'a=b',
  host: 'evil.example',
  connection: 'keep-alive, mcp-method',
  'keep-alive': 'timeout=5',
  'transfer-encoding': 'chunked',
  te: 'trailers',
  trailer: 'x',
  upgrade: 'h2c',
  'content-length': '999',
  'content-encoding': 'gzip',
  'accept-encoding': 'gzip, br',
  accept: 'text/html',
  'content-type': 'text/plain',
  origin: 'https://app.example',
  referer: 'https://app.example/secret',
  forwarded: 'for=10.0.0.1',
  'x-forwarded-for': '10.0.0.1',
  'x-amzn-trace-id': 'Root=1',
  'x-api-key': 'caller’s own',
  'last-event-id': '7',
  'mcp-session-id': 'v1.sealed-by-us',
  'mcp-unknown': 'x',
  'x-mcp-param-a': 'x',
};

test('passes nothing of a client on that is not on the list', () => {
  for (const era of ['modern', 'legacy'] as const) {
    expect(upstreamHeaders(HOSTILE, era, undefined, undefined)).toEqual({ ok: true, value: OWN });
  }
});

const SPOKEN = {
  'mcp-protocol-version': '2026-07-28',
  traceparent: '00-1-2-01',
  tracestate: 'a=b',
  'mcp-method': 'tools/call',
  'mcp-name': 'add',
  'mcp-param-region': '=?base64?w7w=?=',
};

test('passes on what the stateless revision says in headers', () => {
  expect(upstreamHeaders(SPOKEN, 'modern', undefined, undefined)).toEqual({ ok: true, value: { ...OWN, ...SPOKEN } });
});

test('passes on no Mcp-Method, Mcp-Name or Mcp-Param of an older revision: nobody compared them with the body', () => {
  const { 'mcp-method': _, 'mcp-name': __, 'mcp-param-region': ___, ...compared } = SPOKEN;
  expect(upstreamHeaders(SPOKEN, 'legacy', undefined, undefined)).toEqual({ ok: true, value: { ...OWN, ...compared } });
});

test('names the upstream’s own session, never the sealed one', () => {
  const headers = upstreamHeaders({ 'mcp-session-id': 'v1.sealed' }, 'legacy', 'upstream-1', undefined);
  expect(headers).toEqual({ ok: true, value: { ...OWN, 'mcp-session-id': 'upstream-1' } });
});

test('gives the credential the last word', () => {
  const credential = {
    headers: { authorization: 'Bearer sk', traceparent: 'ours', 'user-agent': 'acme' },
    needles: [],
  };
  expect(upstreamHeaders({ ...HOSTILE, traceparent: 'theirs' }, 'modern', undefined, credential)).toEqual({
    ok: true,
    value: { ...OWN, ...credential.headers },
  });
});

test.each([
  ['mcp-name', 'a\r\nAuthorization: Bearer x'],
  ['mcp-name', 'a\nb'],
  ['mcp-name', 'grüße'],
  ['mcp-name', 'a\u0000b'],
  ['mcp-name', 'a\u007fb'],
  ['mcp-param-x', '\u2028'],
  ['traceparent', '\u0001'],
])('refuses %s: %j', (header, value) => {
  expect(upstreamHeaders({ [header]: value }, 'modern', undefined, CREDENTIAL)).toEqual({
    ok: false,
    error: { reason: 'invalid_header', header },
  });
});

test('refuses a session id that would start another header', () => {
  expect(upstreamHeaders({}, 'legacy', 'a\r\nx: y', undefined)).toEqual({
    ok: false,
    error: { reason: 'invalid_header', header: 'mcp-session-id' },
  });
});

test('does not mind what a header holds that stays here', () => {
  expect(upstreamHeaders({ cookie: 'a\r\nb', 'user-agent': 'ü' }, 'modern', undefined, undefined).ok).toBe(true);
});

test.each(['initialize', 'ping', 'tools/list', 'resources/read', 'server/discover'])(
  '%s may be sent twice',
  (method) => {
    expect(isSafeMethod(method)).toBe(true);
  },
);

test.each(['tools/call', 'logging/setLevel', 'notifications/cancelled', 'vendor/anything', '', 'constructor'])(
  '%j is never sent twice',
  (method) => {
    expect(isSafeMethod(method)).toBe(false);
  },
);
