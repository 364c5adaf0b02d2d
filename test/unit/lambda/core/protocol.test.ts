import { type McpMessage, readMessage } from '../../../../lambda/core/mcp-message';
import { checkProtocol, decodeHeaderValue, SUPPORTED_VERSIONS, targetOf } from '../../../../lambda/core/protocol';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const META = { [VERSION]: '2026-07-28', [CAPABILITIES]: {} };

function message(value: Record<string, unknown>): McpMessage {
  const read = readMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...value })));
  if (!read.ok) throw new Error(read.error.reason);
  return read.value;
}

const modern = (method: string, params: Record<string, unknown> = {}, meta: Record<string, unknown> = META) =>
  message({ id: 1, method, params: { ...params, _meta: meta } });
const modernHeaders = (method: string, name?: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name === undefined ? {} : { 'mcp-name': name }),
});
const mismatch = (header: string) => ({ ok: false, error: { reason: 'header_mismatch', header } });

describe('the stateless revision', () => {
  test.each([
    ['tools/list', {}, undefined],
    ['server/discover', {}, undefined],
    ['tools/call', { name: 'add', arguments: { a: 1 } }, 'add'],
    ['prompts/get', { name: 'greet' }, 'greet'],
    ['resources/read', { uri: 'file:///a b' }, 'file:///a b'],
    ['tools/call', { name: 'grüß dich' }, `=?base64?${Buffer.from('grüß dich').toString('base64')}?=`],
    ['tools/call', { name: 'plain' }, `=?base64?${Buffer.from('plain').toString('base64')}?=`],
    ['tools/call', { name: 'a' }, '=?base64?YQ?='],
    ['tools/call', { name: '' }, '=?base64??='],
    ['tools/call', { name: '\ufeffbom' }, `=?base64?${Buffer.from('\ufeffbom').toString('base64')}?=`],
    ['vendor/own', { name: 'free' }, undefined],
    ['tasks/get', { taskId: 't-1' }, 't-1'],
    ['tasks/cancel', { taskId: 't-1' }, undefined],
    ['constructor', {}, undefined],
    ['__proto__', {}, undefined],
  ])('accepts %s %j under Mcp-Name %j', (method, params, name) => {
    expect(checkProtocol(modernHeaders(method, name), modern(method, params))).toEqual({ ok: true, value: 'modern' });
  });

  test.each([
    ['is missing', {}],
    ['is another method', { 'mcp-method': 'tools/list' }],
    ['differs in case', { 'mcp-method': 'Tools/Call' }],
    ['came twice', { 'mcp-method': 'tools/call, tools/call' }],
    ['has a blank', { 'mcp-method': 'tools/call ' }],
    ['is in base64, which is for names only', { 'mcp-method': `=?base64?${btoa('tools/call')}?=` }],
  ])('refuses a request whose Mcp-Method %s', (_, headers) => {
    const all = { 'mcp-protocol-version': '2026-07-28', 'mcp-name': 'add', ...headers };
    expect(checkProtocol(all, modern('tools/call', { name: 'add' }))).toEqual(mismatch('Mcp-Method'));
  });

  test.each([
    ['is missing', undefined],
    ['is another name', 'delete'],
    ['differs in case', 'Add'],
    ['came twice', 'add, add'],
    ['is base64 of another name', `=?base64?${btoa('delete')}?=`],
    ['is base64 with a foreign character', '=?base64?YWRk*?='],
    ['is base64url of bytes base64 writes otherwise', '=?base64?_-8?='],
    ['is base64 of what is not UTF-8', '=?base64?/+8=?='],
    ['is an unclosed encoding', '=?base64?YWRk'],
  ])('refuses a call whose Mcp-Name %s', (_, name) => {
    expect(checkProtocol(modernHeaders('tools/call', name), modern('tools/call', { name: 'add' }))).toEqual(
      mismatch('Mcp-Name'),
    );
  });

  test('refuses a call that names nothing in the body but something in the header', () => {
    expect(checkProtocol(modernHeaders('tools/call', 'add'), modern('tools/call', {}))).toEqual(mismatch('Mcp-Name'));
    expect(checkProtocol(modernHeaders('tools/call', '7'), modern('tools/call', { name: 7 }))).toEqual(
      mismatch('Mcp-Name'),
    );
  });

  test.each(['=?base64?/+8=?=', '=?base64?YWRk*?='])(
    'refuses the undecodable Mcp-Name %s of a call that names nothing',
    (name) => {
      expect(checkProtocol(modernHeaders('tools/call', name), modern('tools/call', {}))).toEqual(mismatch('Mcp-Name'));
    },
  );

  test.each([
    ['tools/list', {}],
    ['vendor/own', { name: 'delete' }],
    ['tasks/get', { taskId: 'another' }],
    ['tasks/get', {}],
  ])('refuses %s %j under an Mcp-Name that repeats nothing of it: an upstream may decide by it', (method, params) => {
    for (const name of ['delete', '', '=?base64?/+8=?=']) {
      expect(checkProtocol(modernHeaders(method, name), modern(method, params))).toEqual(mismatch('Mcp-Name'));
    }
  });

  test('refuses a request without protocol version or client capabilities in _meta', () => {
    const headers = modernHeaders('tools/list');
    const lacks = (key: string) => ({ ok: false, error: { reason: 'missing_meta', key } });
    expect(checkProtocol(headers, message({ id: 1, method: 'tools/list' }))).toEqual(lacks(VERSION));
    expect(checkProtocol(headers, modern('tools/list', {}, { [CAPABILITIES]: {} }))).toEqual(lacks(VERSION));
    expect(checkProtocol(headers, modern('tools/list', {}, { [VERSION]: '2026-07-28' }))).toEqual(lacks(CAPABILITIES));
    expect(checkProtocol(headers, modern('tools/list', {}, { [VERSION]: '2026-07-28', [CAPABILITIES]: [] }))).toEqual(
      lacks(CAPABILITIES),
    );
  });

  test.each([undefined, '2025-11-25', '2026-07-29', '2026-07-28, 2026-07-28'])(
    'refuses a body of the stateless revision under the version header %j',
    (version) => {
      const headers = { ...modernHeaders('tools/list'), ...(version && { 'mcp-protocol-version': version }) };
      const { 'mcp-protocol-version': _, ...without } = headers;
      expect(checkProtocol(version === undefined ? without : headers, modern('tools/list'))).toEqual(
        mismatch('MCP-Protocol-Version'),
      );
    },
  );

  test('refuses a response: its clients send none', () => {
    expect(checkProtocol({ 'mcp-protocol-version': '2026-07-28' }, message({ id: 1, result: {} }))).toEqual({
      ok: false,
      error: { reason: 'invalid_message', detail: 'clients of this revision send no responses' },
    });
  });

  test('accepts a notification without _meta, but not one whose Mcp-Method says something else', () => {
    const cancelled = message({ method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(checkProtocol({ 'mcp-protocol-version': '2026-07-28' }, cancelled)).toEqual({ ok: true, value: 'modern' });
    expect(checkProtocol(modernHeaders('tools/list'), cancelled)).toEqual(mismatch('Mcp-Method'));
  });

  test.each(['subscriptions/listen', 'resources/subscribe', 'resources/unsubscribe'])('does not offer %s', (method) => {
    expect(checkProtocol(modernHeaders(method), modern(method))).toEqual({
      ok: false,
      error: { reason: 'method_not_offered', method, modern: true },
    });
  });
});

describe('the older revisions', () => {
  const list = message({ id: 1, method: 'tools/list' });

  test.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('accepts %s', (version) => {
    expect(checkProtocol({ 'mcp-protocol-version': version }, list)).toEqual({ ok: true, value: 'legacy' });
  });

  test('accepts a request without a version: one of 2025-03-26, or initialize', () => {
    expect(checkProtocol({}, list)).toEqual({ ok: true, value: 'legacy' });
    expect(checkProtocol({}, message({ id: 0, method: 'initialize', params: {} }))).toEqual({
      ok: true,
      value: 'legacy',
    });
  });

  test('accepts responses, which answer what the server asked', () => {
    expect(checkProtocol({ 'mcp-protocol-version': '2025-06-18' }, message({ id: 1, result: {} }))).toEqual({
      ok: true,
      value: 'legacy',
    });
  });

  test('asks for no Mcp-Method or Mcp-Name', () => {
    expect(checkProtocol({}, message({ id: 1, method: 'tools/call', params: { name: 'add' } })).ok).toBe(true);
  });

  test('does not offer subscriptions', () => {
    expect(checkProtocol({}, message({ id: 1, method: 'resources/subscribe', params: { uri: 'a' } }))).toEqual({
      ok: false,
      error: { reason: 'method_not_offered', method: 'resources/subscribe', modern: false },
    });
  });
});

test.each(['2024-10-07', '2099-01-01', 'draft', '', '2026-07-28 '])(
  'refuses version %j, naming those it knows',
  (version) => {
    expect(checkProtocol({ 'mcp-protocol-version': version }, message({ id: 1, method: 'ping' }))).toEqual({
      ok: false,
      error: { reason: 'unsupported_protocol_version', requested: version, supported: SUPPORTED_VERSIONS },
    });
  },
);

test('repeats no more than the beginning of an unknown version', () => {
  const checked = checkProtocol({ 'mcp-protocol-version': 'x'.repeat(5000) }, message({ id: 1, method: 'ping' }));
  expect(checked).toMatchObject({ ok: false, error: { requested: 'x'.repeat(40) } });
});

test('a version is refused as a mismatch before it is refused as unknown: only the header lies then', () => {
  const lying = modern('tools/list', {}, { ...META, [VERSION]: '2099-01-01' });
  expect(checkProtocol(modernHeaders('tools/list'), lying)).toEqual(mismatch('MCP-Protocol-Version'));
});

test('targetOf names tools, prompts and resources, and nothing else a message holds', () => {
  expect(targetOf(message({ id: 1, method: 'tools/call', params: { name: 'add' } }))).toBe('add');
  expect(targetOf(message({ id: 1, method: 'resources/read', params: { uri: 'a:b' } }))).toBe('a:b');
  expect(targetOf(message({ id: 1, method: 'vendor/login', params: { name: 'sk_live_1' } }))).toBeUndefined();
});

test('decodeHeaderValue leaves plain text as it is', () => {
  expect(['a', '', '=?', '=?utf-8?q?a?='].map(decodeHeaderValue)).toEqual(['a', '', '=?', '=?utf-8?q?a?=']);
});
