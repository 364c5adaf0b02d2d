import * as fc from 'fast-check';
import { readMessage } from '../../../../lambda/core/mcp-message';

const read = (body: string | Buffer) => readMessage(Buffer.from(body));

describe('readMessage', () => {
  test('reads a request with its parameters and their _meta', () => {
    const body =
      '{"jsonrpc":"2.0","id":"a-1","method":"tools/call","params":{"name":"add","_meta":{"traceparent":"00"}}}';
    expect(read(body)).toEqual({
      ok: true,
      value: {
        kind: 'request',
        id: 'a-1',
        method: 'tools/call',
        params: { name: 'add', _meta: { traceparent: '00' } },
        meta: { traceparent: '00' },
      },
    });
  });

  test.each([
    ['{"jsonrpc":"2.0","method":"notifications/initialized"}', 'notification', null],
    ['{"jsonrpc":"2.0","id":0,"method":"ping"}', 'request', 0],
    ['{"jsonrpc":"2.0","id":"","method":"ping"}', 'request', ''],
    ['{"jsonrpc":"2.0","id":7,"result":{}}', 'response', 7],
    ['{"jsonrpc":"2.0","id":7,"result":null}', 'response', 7],
    ['{"jsonrpc":"2.0","id":"x","error":{"code":-1,"message":"no"}}', 'response', 'x'],
  ])('%s is a %s with id %j', (body, kind, id) => {
    expect(read(body)).toMatchObject({ ok: true, value: { kind, id } });
  });

  test.each([
    ['nothing', ''],
    ['half a message', '{"jsonrpc":"2.0"'],
    ['two messages', '{"jsonrpc":"2.0"}{"jsonrpc":"2.0"}'],
    ['a byte order mark before the message', Buffer.from('\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}')],
    ['an overlong encoding of a slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['Latin-1', Buffer.from('{"jsonrpc":"2.0","id":1,"method":"caf\xe9"}', 'latin1')],
    ['UTF-16', Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}', 'utf16le')],
    ['a surrogate encoded as UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a comment', '{"jsonrpc":"2.0",/**/"id":1,"method":"ping"}'],
  ])('refuses %s as unreadable', (_, body) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'parse_error' } });
  });

  test.each(['[]', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', ' [1]'])('refuses the batch %s', (body) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'batch_not_supported' } });
  });

  test.each([
    ['"ping"', 'it is not an object'],
    ['null', 'it is not an object'],
    ['{}', '"jsonrpc" is not "2.0"'],
    ['{"jsonrpc":2.0,"id":1,"method":"ping"}', '"jsonrpc" is not "2.0"'],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":true,"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":1e400,"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', '"id" is neither a string nor a whole number'],
    ['{"jsonrpc":"2.0","id":1}', 'it has no "method", and is no response'],
    ['{"jsonrpc":"2.0","result":{}}', 'it has no "method", and is no response'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', 'it has no "method", and is no response'],
    ['{"jsonrpc":"2.0","id":1,"method":7}', '"method" is not a string'],
    ['{"jsonrpc":"2.0","id":1,"method":null}', '"method" is not a string'],
    ['{"jsonrpc":"2.0","id":1,"method":""}', '"method" is not a string'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 'it is a request and a response at once'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', '"params" is not an object'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', '"params" is not an object'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":"x"}}', '"params._meta" is not an object'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":null}}', '"params._meta" is not an object'],
  ])('refuses %s: %s', (body, detail) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'invalid_message', detail } });
  });

  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}', 'method'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","\\u006dethod":"tools/call"}', 'method'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}', 'name'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"v":1,"v":2}}}', 'v'],
  ])('refuses %s, which another reader would understand otherwise', (body, key) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'ambiguous_json', key } });
  });

  test.each([
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/list","Method":"tools/call","params":{},"Params":{"name":"x"}}',
      'Method',
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","method\\u0000":"tools/call"}', 'method\0'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","param\u017f":{"name":"x"}}', 'param\u017f'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","Name":"delete_all"}}', 'Name'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"delete_all"}}', 'Name'],
    ['{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b","URI":"c:d"}}', 'URI'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Arguments":{}}}', 'Arguments'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"_META":{"v":1}}}', '_META'],
    ['{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"progressToken":1,"ProgressToken":2}}}', 'ProgressToken'],
    ['{"jsonrpc":"2.0","ID":1,"method":"x"}', 'ID'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"Method":"tools/call"}', 'Method'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"Error":{}}', 'Error'],
    ['{"jsonrpc":"2.0","JSONRPC":"1.0","id":1,"method":"x"}', 'JSONRPC'],
  ])('refuses %s, which a reader that ignores case would understand otherwise', (body, key) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'ambiguous_json', key } });
  });

  test.each(['protocolversion', 'ProtocolVersion', 'protocolVersion\\u0000'])(
    'refuses the revision in _meta as io.modelcontextprotocol/%s',
    (name) => {
      const body = `{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/${name}":"2026-07-28"}}}`;
      expect(read(body)).toMatchObject({ ok: false, error: { reason: 'ambiguous_json' } });
    },
  );

  test.each([
    '{"name":"add","arguments":{"Name":"x","name":"y","NAME":1,"Method":2}}',
    '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a","Name":"b"}}',
    '{"_meta":{"progressToken":1,"io.modelcontextprotocol/protocolVersion":"2026-07-28","com.example/Name":1}}',
    '{"name":"add","arguments":{"Größe":1,"größe":2}}',
  ])('lets parameters %s pass: case in arguments is the business of the tool', (params) => {
    expect(read(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`).ok).toBe(true);
  });

  const nested = (levels: number, [open, close]: readonly [string, string], inner = '') =>
    `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${open.repeat(levels - 2)}${inner}${close.repeat(levels - 2)}}}`;

  test.each([
    ['arrays', ['[', ']']],
    ['objects', ['{"a":', '}']],
  ] as const)('refuses %s nested deeper than 128 levels, and no others', (_, brackets) => {
    expect(read(nested(128, brackets, '0'))).toMatchObject({ ok: true });
    expect(read(nested(129, brackets, '0'))).toEqual({ ok: false, error: { reason: 'parse_error' } });
  });

  test('refuses six megabytes of brackets without reading them, whole or not', () => {
    const error = { reason: 'parse_error' };
    for (const body of [nested(3_000_000, ['[', ']']), '['.repeat(6_000_000), '{"a":'.repeat(1_000_000)])
      expect(read(body)).toEqual({ ok: false, error });
  });

  test('counts no brackets in strings, and none that have closed', () => {
    const inner = `"${'['.repeat(300)}\\"${'{'.repeat(300)}",${'[[{}]],'.repeat(300)}0`;
    expect(read(nested(4, ['[', ']'], inner)).ok).toBe(true);
  });

  test.each([
    ['closing brackets', '}'.repeat(1_000_000)],
    ['closing and opening brackets', '}'.repeat(1_000_000) + '{'.repeat(1_000_000)],
    ['an open string', `{"a":"${'\\"'.repeat(1_000_000)}`],
    ['a key with an unknown escape', '{"\\x":1}'],
    ['a key twice', '{"a":1,"a":2'],
    ['a key twice, in a batch', '[{"a":1,"a":2}'],
  ])('refuses %s as unreadable', (_, body) => {
    expect(read(body)).toEqual({ ok: false, error: { reason: 'parse_error' } });
  });

  test('takes for unreadable what JSON.parse cannot read, and nothing else', () => {
    const tokens = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '"a":', '"b"', '0', ' ', '{"a":[', ']}');
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 12 }), (parts) => {
        const body = parts.join('');
        const result = read(body);
        expect(!result.ok && result.error.reason === 'parse_error').toBe(!isJson(body));
      }),
      { numRuns: 5000 },
    );
  });

  test('quotes no more than the beginning of an ambiguous key', () => {
    const key = 'k'.repeat(500);
    expect(read(`{"${key}":1,"${key}":2}`)).toEqual({
      ok: false,
      error: { reason: 'ambiguous_json', key: key.slice(0, 40) },
    });
  });

  test('takes nothing from the prototype: a key called __proto__ is one like any other', () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"x","params":{"__proto__":{"name":"smuggled"}}}';
    const message = read(body);
    expect(message).toMatchObject({ ok: true, value: { method: 'x', meta: {} } });
    expect(Object.prototype).not.toHaveProperty('name');
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
