import {
  API_GATEWAY_OWN_RESPONSES,
  AUTHORIZER,
  doorRoutes,
  gatewayResponseBody,
  gatewayResponses,
  LIMITS,
  REQUEST_HEADERS_DROPPED,
  RESPONSE_HEADER_RENAMES,
  RESPONSE_HEADERS_DROPPED,
} from '../../../../lambda/contract/front-door';
import { toAnswer } from '../../../../lambda/core/gateway-error';
import { readRpcError } from '../../../helpers/answers';

const FACTS = {
  gatewayUrl: 'https://mcp.example',
  issuer: 'https://issuer.example',
  scopes: ['mcp:use'],
  upstreamNames: ['shop', 'mail'],
};
const routes = doorRoutes(FACTS);
const responses = gatewayResponses(FACTS);

describe('routes', () => {
  test('each method of each path is there once', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('nothing reaches a function without a token or a signature', () => {
    const open = routes.filter(({ kind, auth }) => kind === 'function' && auth === 'none');
    expect(open).toEqual([]);
    expect(routes.flatMap((route) => (route.kind === 'function' ? [`${route.function} ${route.auth}`] : []))).toEqual([
      'mcp bearer',
      ...Array.from({ length: 8 }, () => 'vault iam'),
    ]);
  });

  test('GET and DELETE of an endpoint are answered as the revision says, in the words of the function', async () => {
    const own = await readRpcError(await toAnswer({ reason: 'method_not_allowed' }, null, 'r'));
    const { requestId: _, ...data } = own.error.data;
    for (const method of ['GET', 'DELETE']) {
      const route = routes.find((one) => one.method === method && one.path === '/mcp/{upstream}');
      expect(route).toMatchObject({ kind: 'fixed', status: 405, auth: 'none', headers: { Allow: 'POST' } });
      expect(route?.kind === 'fixed' ? JSON.parse(route.body) : undefined).toEqual({
        ...own,
        error: { ...own.error, data },
      });
    }
  });

  test('metadata is public, cacheable and readable from a web page', () => {
    const documents = routes.filter(({ path }) => path.startsWith('/.well-known/'));
    expect(documents).toHaveLength(4);
    for (const route of documents) {
      expect(route).toMatchObject({
        kind: 'fixed',
        method: 'GET',
        status: 200,
        headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' },
      });
    }
  });

  test('only agents’ calls are streamed', () => {
    expect(routes.filter((route) => route.kind === 'function' && route.stream).map(({ path }) => path)).toEqual([
      '/mcp/{upstream}',
    ]);
  });
});

describe('responses of the API itself', () => {
  test('each type is there once, with a body an MCP client can show', () => {
    expect(new Set(responses.map(({ type }) => type)).size).toBe(responses.length);
    for (const spec of responses) {
      const body = JSON.parse(gatewayResponseBody(spec)) as { error: { data: { help: string } } };
      expect(body).toMatchObject({
        jsonrpc: '2.0',
        id: null,
        error: { code: -32600, message: spec.message, data: { reason: spec.reason } },
      });
      expect(body.error.data.help.length).toBeGreaterThan(10);
      expect(spec.status).toBeGreaterThanOrEqual(400);
    }
  });

  test('a missing token and a missing scope are challenged as the function would', async () => {
    const headersOf = (type: string) => responses.find((spec) => spec.type === type)?.headers['WWW-Authenticate'];
    expect(headersOf('UNAUTHORIZED')).toBe(
      'Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="mcp:use"',
    );
    expect(headersOf('ACCESS_DENIED')).toMatch(/^Bearer error="insufficient_scope", resource_metadata=/);
  });

  test.each([
    ['UNAUTHORIZED', 401, 'unauthorized'],
    ['ACCESS_DENIED', 403, 'insufficient_scope'],
    ['THROTTLED', 429, 'throttled'],
    ['AUTHORIZER_FAILURE', 503, 'authorizer_failed'],
    ['INTEGRATION_TIMEOUT', 504, 'gateway_timeout'],
    ['MISSING_AUTHENTICATION_TOKEN', 404, 'not_found'],
  ])('%s is %d %s', (type, status, reason) => {
    expect(responses.find((spec) => spec.type === type)).toMatchObject({ status, reason });
  });

  test('headers of a response can be written in a template: no quote inside them breaks out', () => {
    const values = responses.flatMap(({ headers }) => Object.values(headers));
    expect(values.filter((value) => /['\r\n]/.test(value))).toEqual([]);
  });

  test('what API Gateway words itself is not redefined', () => {
    expect(responses.map(({ type }) => type)).not.toContain('REQUEST_TOO_LARGE');
    expect(API_GATEWAY_OWN_RESPONSES.requestTooLarge.status).toBe(413);
  });
});

describe('headers', () => {
  test('tables are in lower case and say one thing of each name', () => {
    const names = [...Object.keys(RESPONSE_HEADER_RENAMES), ...RESPONSE_HEADERS_DROPPED];
    expect(new Set(names).size).toBe(names.length);
    for (const name of [...names, ...REQUEST_HEADERS_DROPPED]) expect(name).toBe(name.toLowerCase());
  });

  test('a challenge of a function is renamed: that is why the API challenges itself', () => {
    expect(RESPONSE_HEADER_RENAMES['www-authenticate']).toBe('x-amzn-remapped-www-authenticate');
  });

  test('no header an answer of ours lives by is dropped or renamed', () => {
    const ours = ['content-type', 'cache-control', 'mcp-session-id', 'retry-after', 'allow', 'x-accel-buffering'];
    expect(ours.filter((name) => name in RESPONSE_HEADER_RENAMES || RESPONSE_HEADERS_DROPPED.includes(name))).toEqual(
      [],
    );
  });

  test('a remembered token is forgotten within a minute', () => {
    expect(AUTHORIZER.cacheTtlSeconds).toBeLessThanOrEqual(60);
    expect(AUTHORIZER.context).toBe('path');
  });
});

test('limits nest: what a function may get fits in what the API lets in', () => {
  expect(LIMITS.invokePayloadBytes).toBeLessThan(LIMITS.apiRequestBytes);
  expect(LIMITS.streamIdleMs).toBeLessThan(LIMITS.streamTotalMs);
});
