import { endpointOf, type RestProxyEvent, readEvent, readHeaders } from '../../../../lambda/io/lambda-event';

const EVENT: RestProxyEvent = {
  httpMethod: 'POST',
  path: '/mcp/shop',
  headers: { Accept: 'application/json' },
  multiValueHeaders: { Accept: ['application/json'] },
  pathParameters: { upstream: 'shop' },
  body: '{"a":"ü"}',
  isBase64Encoded: false,
  requestContext: { requestId: 'aws-1' },
};

describe('readEvent', () => {
  test('reads a proxy event', () => {
    expect(readEvent(EVENT, 99)).toEqual({
      method: 'POST',
      endpoint: 'shop',
      headers: { accept: 'application/json' },
      body: '{"a":"ü"}',
      requestId: 'aws-1',
      deadlineMs: 99,
    });
  });

  test('reads bytes that came in base64 as they were, valid text or not', () => {
    const bytes = Buffer.from([0xff, 0x00, 0x7b]);
    const event = { ...EVENT, body: bytes.toString('base64'), isBase64Encoded: true };
    expect(readEvent(event, 0).body).toEqual(bytes);
  });

  test('reads an event without body, headers and parameters', () => {
    const event = { ...EVENT, body: null, headers: null, multiValueHeaders: null, pathParameters: null };
    expect(readEvent(event, 0)).toMatchObject({ endpoint: 'shop', headers: {}, body: '' });
  });
});

describe('readHeaders', () => {
  test('reads names in lower case', () => {
    expect(readHeaders(EVENT)).toEqual({ accept: 'application/json' });
    expect(readHeaders({ headers: { 'MCP-Protocol-Version': 'x' } })).toEqual({ 'mcp-protocol-version': 'x' });
  });

  test('joins several values of one name, so that none of them passes for the only one', () => {
    const headers = { Authorization: 'Bearer good' };
    const multiValueHeaders = { Authorization: ['Bearer evil', 'Bearer good'] };
    expect(readHeaders({ headers, multiValueHeaders })).toEqual({ authorization: 'Bearer evil, Bearer good' });
  });

  test('joins a name in two spellings', () => {
    const spellings = { 'Mcp-Method': 'tools/list', 'mcp-method': 'tools/call', 'MCP-METHOD': 'x' };
    const joined = { 'mcp-method': 'tools/list, tools/call, x' };
    expect(readHeaders({ headers: spellings })).toEqual(joined);
    const multiValueHeaders = { 'Mcp-Method': ['tools/list'], 'mcp-method': ['tools/call', 'x'] };
    expect(readHeaders({ headers: null, multiValueHeaders })).toEqual(joined);
  });

  test('an empty value is a value', () => {
    expect(readHeaders({ headers: null, multiValueHeaders: { A: [''], a: ['x'] } })).toEqual({ a: ', x' });
  });

  test('takes a name for a name, though objects have something of that name', () => {
    const headers = JSON.parse('{"constructor":"a","__proto__":"b","toString":"c"}') as Record<string, string>;
    const read = readHeaders({ headers });
    expect(Object.entries(read)).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['tostring', 'c'],
    ]);
    expect(readHeaders({ headers: {} })['constructor']).toBeUndefined();
  });
});

test.each([
  ['/mcp/shop', 'shop'],
  ['/mcp/shop/', 'shop/'],
  ['/mcp/', ''],
  ['/mcp', ''],
  ['/mcpshop', ''],
  ['/vault/keys', ''],
  ['', ''],
])('the endpoint of %j is %j', (path, endpoint) => {
  expect(endpointOf(path)).toBe(endpoint);
});
