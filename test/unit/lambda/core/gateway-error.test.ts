import {
  type ConnectionError,
  type GatewayError,
  toAnswer,
  toLog,
  vaultFailure,
} from '../../../../lambda/core/gateway-error';
import { readRpcError } from '../../../helpers/answers';
import { failureOf } from '../../../helpers/fake-vault';

const CHALLENGE = 'Bearer error="invalid_token", resource_metadata="https://g.example/.well-known/x"';
const throttled = failureOf('dynamodb', 'throttled', 'ThrottlingException');

type Example<E> = readonly [error: E, status: number, code: number];

/** One of each: the compiler asks for a row when a reason is added. */
const EXAMPLES: {
  readonly [R in Exclude<GatewayError, ConnectionError>['reason']]: Example<Extract<GatewayError, { reason: R }>>;
} = {
  method_not_allowed: [{ reason: 'method_not_allowed' }, 405, -32600],
  origin_not_allowed: [{ reason: 'origin_not_allowed' }, 403, -32600],
  unauthorized: [{ reason: 'unauthorized', problem: 'expired', challenge: CHALLENGE }, 401, -32600],
  insufficient_scope: [{ reason: 'insufficient_scope', challenge: CHALLENGE, scopes: ['mcp:a', 'mcp:b'] }, 403, -32600],
  issuer_unreachable: [{ reason: 'issuer_unreachable' }, 503, -32603],
  unknown_upstream: [{ reason: 'unknown_upstream', known: ['a', 'b'] }, 404, -32600],
  not_acceptable: [{ reason: 'not_acceptable' }, 406, -32600],
  unsupported_media_type: [{ reason: 'unsupported_media_type' }, 415, -32600],
  request_too_large: [{ reason: 'request_too_large', limitBytes: 6_291_456 }, 413, -32600],
  parse_error: [{ reason: 'parse_error' }, 400, -32700],
  batch_not_supported: [{ reason: 'batch_not_supported' }, 400, -32600],
  ambiguous_json: [{ reason: 'ambiguous_json', key: 'method' }, 400, -32600],
  invalid_message: [{ reason: 'invalid_message', detail: 'it is not an object' }, 400, -32600],
  invalid_header: [{ reason: 'invalid_header', header: 'mcp-param-x' }, 400, -32020],
  header_mismatch: [{ reason: 'header_mismatch', header: 'Mcp-Name' }, 400, -32020],
  missing_meta: [{ reason: 'missing_meta', key: 'io.modelcontextprotocol/protocolVersion' }, 400, -32602],
  unsupported_protocol_version: [
    { reason: 'unsupported_protocol_version', requested: '1999-01-01', supported: ['2026-07-28'] },
    400,
    -32022,
  ],
  method_not_offered: [{ reason: 'method_not_offered', method: 'resources/subscribe', modern: true }, 404, -32601],
  session_not_found: [{ reason: 'session_not_found' }, 404, -32600],
  credential_missing: [{ reason: 'credential_missing', provider: 'stripe' }, 503, -32603],
  credential_disabled: [{ reason: 'credential_disabled', provider: 'stripe' }, 403, -32603],
  credential_lost: [{ reason: 'credential_lost', provider: 'stripe' }, 503, -32603],
  credential_unreadable: [{ reason: 'credential_unreadable', provider: 'stripe' }, 503, -32603],
  credential_wrong_origin: [{ reason: 'credential_wrong_origin', provider: 'stripe' }, 503, -32603],
  credential_incomplete: [{ reason: 'credential_incomplete', provider: 'stripe' }, 503, -32603],
  vault_unavailable: [{ reason: 'vault_unavailable', failure: throttled }, 503, -32603],
  vault_denied: [{ reason: 'vault_denied', failure: failureOf('kms', 'denied', 'AccessDenied') }, 503, -32603],
  upstream_unreachable: [{ reason: 'upstream_unreachable', upstream: 'shop' }, 502, -32603],
  upstream_timeout: [{ reason: 'upstream_timeout', upstream: 'shop', phase: 'idle' }, 504, -32603],
  upstream_connection_lost: [{ reason: 'upstream_connection_lost', upstream: 'shop' }, 502, -32603],
  upstream_redirected: [{ reason: 'upstream_redirected', upstream: 'shop', status: 307 }, 502, -32603],
  upstream_refused_credential: [{ reason: 'upstream_refused_credential', upstream: 'shop', status: 401 }, 502, -32603],
  upstream_failed: [{ reason: 'upstream_failed', upstream: 'shop', status: 500 }, 502, -32603],
  upstream_rate_limited: [{ reason: 'upstream_rate_limited', upstream: 'shop', retryAfter: '17' }, 429, -32603],
  upstream_not_mcp: [{ reason: 'upstream_not_mcp', upstream: 'shop' }, 502, -32603],
  internal: [{ reason: 'internal' }, 500, -32603],
};
const rows = Object.entries(EXAMPLES);

test.each(rows)('%s has its status, its JSON-RPC code and a remedy', async (reason, [error, status, code]) => {
  const answer = await toAnswer(error, 'req-7', 'aws-1');
  const body = await readRpcError(answer);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  expect(body).toMatchObject({ jsonrpc: '2.0', id: 'req-7', error: { code, data: { reason, requestId: 'aws-1' } } });
  expect(body.error.message).toMatch(/^\S.{8,}[^.]$/);
  expect(String(body.error.data['help']).length).toBeGreaterThan(10);
});

test.each(rows)('%s is logged by its reason and named facts only', (reason, [error]) => {
  const line = toLog(error);
  expect(line['reason']).toBe(reason);
  const allowed = ['reason', 'problem', 'service', 'kind', 'name', 'phase', 'upstreamStatus'];
  expect(Object.keys(line).filter((key) => !allowed.includes(key))).toEqual([]);
  expect(Object.values(line).every((value) => ['string', 'number'].includes(typeof value))).toBe(true);
});

test('an error about a message without an id answers id null', async () => {
  expect(await readRpcError(await toAnswer({ reason: 'parse_error' }, null, 'r'))).toMatchObject({ id: null });
});

test('an error is one line, for it may be the last event of a stream', async () => {
  const { body } = await toAnswer(EXAMPLES.upstream_timeout[0], 3, 'r');
  expect(body.bytes).not.toMatch(/[\r\n]/);
});

test('a refused token is told to get a better one, in the header and in the body that API Gateway leaves alone', async () => {
  for (const error of [EXAMPLES.unauthorized[0], EXAMPLES.insufficient_scope[0]]) {
    const answer = await toAnswer(error, 1, 'r');
    expect(answer.headers['www-authenticate']).toBe(CHALLENGE);
    expect((await readRpcError(answer)).error.data['challenge']).toBe(CHALLENGE);
  }
});

test('a refused token is not told what was wrong with it', async () => {
  const one = await toAnswer({ reason: 'unauthorized', problem: 'bad_signature', challenge: CHALLENGE }, 1, 'r');
  const other = await toAnswer({ reason: 'unauthorized', problem: 'unknown_key', challenge: CHALLENGE }, 1, 'r');
  expect(one).toEqual(other);
});

test('a wrong HTTP method is told the right one', async () => {
  expect((await toAnswer({ reason: 'method_not_allowed' }, null, 'r')).headers['allow']).toBe('POST');
});

test.each(['issuer_unreachable', 'vault_unavailable'] as const)('%s says when to come back', async (reason) => {
  expect((await toAnswer(EXAMPLES[reason][0], null, 'r')).headers['retry-after']).toBe('1');
});

test('a rate limit of the upstream passes its Retry-After on, and invents none', async () => {
  const headersOf = async (retryAfter: string | undefined) =>
    (await toAnswer({ reason: 'upstream_rate_limited', upstream: 'shop', retryAfter }, null, 'r')).headers;
  expect((await headersOf('17'))['retry-after']).toBe('17');
  expect(await headersOf(undefined)).not.toHaveProperty('retry-after');
});

test('a method the gateway does not offer is a 404 to a modern client and a JSON-RPC answer to an older one', async () => {
  const statusFor = async (modern: boolean) =>
    (await toAnswer({ reason: 'method_not_offered', method: 'resources/subscribe', modern }, 1, 'r')).status;
  expect([await statusFor(true), await statusFor(false)]).toEqual([404, 200]);
});

test('an upstream that refuses access may have been sent a key or none: the words are right for both', async () => {
  const { error } = await readRpcError(await toAnswer(EXAMPLES.upstream_refused_credential[0], 1, 'r'));
  expect(error.message).toBe('shop refuses access with status 401');
  expect(error.data['help']).toBe('The operator checks its key: missing, revoked, expired or lacking a permission.');
});

test.each([
  [400, 400],
  [404, 404],
  [405, 405],
  [422, 422],
  [500, 502],
  [503, 502],
  [599, 502],
])(
  'status %d of an upstream is %d of ours: clients read the era and the end of a session from a 4xx',
  async (theirs, ours) => {
    const { status } = await toAnswer({ reason: 'upstream_failed', upstream: 'shop', status: theirs }, 1, 'r');
    expect(status).toBe(ours);
  },
);

test('an unsupported version learns the supported ones, as the revision demands', async () => {
  const body = await readRpcError(await toAnswer(EXAMPLES.unsupported_protocol_version[0], 1, 'r'));
  expect(body.error.data).toMatchObject({ supported: ['2026-07-28'], requested: '1999-01-01' });
});

test.each([
  ['throttled', 'vault_unavailable'],
  ['unavailable', 'vault_unavailable'],
  ['denied', 'vault_denied'],
  ['not_found', 'vault_denied'],
  ['invalid', 'vault_denied'],
] as const)('a vault that is %s is %s', (kind, reason) => {
  const failure = failureOf('dynamodb', kind, 'SomeException');
  expect(vaultFailure(failure)).toEqual({ reason, failure });
  expect(toLog(vaultFailure(failure))).toEqual({ reason, service: 'dynamodb', kind, name: 'SomeException' });
});

test('a lost or disabled key names the command that mends it', async () => {
  const helpOf = async (error: GatewayError) => (await readRpcError(await toAnswer(error, 1, 'r'))).error.data['help'];
  expect(await helpOf(EXAMPLES.credential_missing[0])).toMatch(
    /npx -p cdk-mcp-gateway mcp-gateway vault store stripe$/,
  );
  expect(await helpOf(EXAMPLES.credential_disabled[0])).toMatch(
    /npx -p cdk-mcp-gateway mcp-gateway vault enable stripe$/,
  );
  expect(await helpOf(EXAMPLES.credential_lost[0])).toMatch(/npx -p cdk-mcp-gateway mcp-gateway vault store stripe$/);
});
