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
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', '"id" is neither a string nor a number'],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', '"id" is neither a string nor a number'],
    ['{"jsonrpc":"2.0","id":true,"method":"ping"}', '"id" is neither a string nor a number'],
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
