import type { OperatorKeyValue } from '../../../../../lambda/contract/vault-record';
import type { PlatformKeys } from '../../../../../lambda/core/rotation/rotation-ports';
import { providerHttp } from '../../../../../lambda/io/connections/provider-http';
import { platformKeys } from '../../../../../lambda/io/rotation/platform-keys';
import { type KeyPlatform, MANAGING, startKeyPlatform } from '../../../../fixtures/key-platform';

let platform: KeyPlatform;
let keys: PlatformKeys;
let by: OperatorKeyValue;
beforeAll(async () => {
  platform = await startKeyPlatform();
  keys = platformKeys(platform.rotation('sendgrid'), providerHttp({ timeoutMs: 300 }));
});
afterAll(() => platform.close());
beforeEach(() => {
  platform.keys.clear();
  platform.requests.length = 0;
  by = keyOf(platform.issue('made by hand'));
});

const keyOf = (key: string): OperatorKeyValue => ({ provider: 'sendgrid', origins: [platform.url], parts: { key } });
const idOf = (value: OperatorKeyValue) => value.parts['key']?.split('.')[1] ?? '';
const json = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
  platform.instead.push((response) => response.writeHead(status, headers).end(JSON.stringify(body)));
};

test('a key describes itself, by the id in it, and what its successor is to get', async () => {
  expect(await keys.describe(by)).toEqual({ ok: true, value: { id: idOf(by), kept: { scopes: MANAGING } } });
  expect(platform.requests).toEqual([`GET /v3/api_keys/${idOf(by)}`]);
});

test('what it may do is found at either place', async () => {
  json(200, { result: [{ api_key_id: 'x', scopes: ['mail.send'] }] });
  expect(await keys.describe(by)).toMatchObject({ value: { kept: { scopes: ['mail.send'] } } });
});

test.each([
  ['not said', {}],
  ['said to be nothing', { scopes: [] }],
  ['null', { scopes: null }],
])('what it may do that is %s is no description a key is made by', async (_, answer) => {
  json(200, answer);
  expect(await keys.describe(by)).toEqual({ ok: true, value: { id: idOf(by), kept: undefined } });
});

test('a key is made under a name, with what is kept, listed, and ended', async () => {
  const made = await keys.create(by, 'mcp-gateway 1', { scopes: ['mail.send'] });
  expect(made).toMatchObject({ ok: true, value: { key: expect.stringMatching(/^SG\./) } });
  const { id, key } = made.ok ? made.value : { id: '', key: '' };
  expect(platform.keys.get(id)).toEqual({ name: 'mcp-gateway 1', key, scopes: ['mail.send'] });
  expect(await keys.list(by)).toEqual({
    ok: true,
    value: [
      { id: idOf(by), name: 'made by hand' },
      { id, name: 'mcp-gateway 1' },
    ],
  });
  expect(await keys.remove(by, id)).toEqual({ ok: true, value: undefined });
  expect(await keys.remove(by, id)).toEqual({ ok: true, value: undefined });
  expect(platform.isAlive(key)).toBe(false);
});

test('a name of what is kept is not that of the new key', async () => {
  await keys.create(by, 'mcp-gateway 1', { name: 'of the platform’s choosing' });
  expect([...platform.keys.values()].map(({ name }) => name)).toContain('mcp-gateway 1');
});

describe('fails', () => {
  test('with a key nobody knows, and with one that may not manage keys', async () => {
    expect(await keys.describe(keyOf(`SG.${'x'.repeat(22)}.y`))).toEqual({
      ok: false,
      error: { kind: 'refused', cause: 'status_401' },
    });
    const weak = keyOf(platform.issue('weak', ['mail.send']));
    expect(await keys.create(weak, 'n', {})).toEqual({ ok: false, error: { kind: 'refused', cause: 'status_403' } });
  });

  test('without asking, with a key that has no id in it', async () => {
    expect(await keys.describe(keyOf('something-else'))).toEqual({
      ok: false,
      error: { kind: 'invalid', cause: 'no_id' },
    });
    expect(platform.requests).toEqual([]);
  });

  test.each([
    [500, 'unavailable'],
    [503, 'unavailable'],
    [429, 'unavailable'],
    [400, 'refused'],
  ])('where the answer is %i', async (status, kind) => {
    json(status, {});
    expect(await keys.list(by)).toEqual({ ok: false, error: { kind, cause: `status_${status}` } });
    json(status, {});
    expect(await keys.remove(by, 'x')).toEqual({ ok: false, error: { kind, cause: `status_${status}` } });
  });

  test('where it leads elsewhere, and nobody follows with the key', async () => {
    json(302, {}, { Location: `${platform.url}/v3/api_keys` });
    expect(await keys.list(by)).toEqual({ ok: false, error: { kind: 'refused', cause: 'status_302' } });
    expect(platform.requests).toHaveLength(1);
  });

  test.each([
    ['no JSON', '<html>', 'no_json'],
    ['the same member twice', '{"result":[],"result":[]}', 'no_json'],
    ['no list', '{"result":{}}', 'no_list'],
  ])('where the answer is %s', async (_, body, cause) => {
    platform.instead.push((response) => response.end(body));
    expect(await keys.list(by)).toEqual({ ok: false, error: { kind: 'invalid', cause } });
  });

  test('where it never ends', async () => {
    platform.instead.push((response) => response.write('{'));
    expect(await keys.list(by)).toEqual({ ok: false, error: { kind: 'unavailable', cause: 'timeout' } });
  });

  test.each([
    ['without a key', { api_key_id: 'a' }, 'no_key'],
    ['without an id', { api_key: 'SG.a.b' }, 'no_id'],
    ['with an id that leads elsewhere', { api_key: 'SG.a.b', api_key_id: '../scopes' }, 'no_id'],
    ['with an id that is a query', { api_key: 'SG.a.b', api_key_id: 'a?all=1' }, 'no_id'],
    ['with the id of the folder', { api_key: 'SG.a.b', api_key_id: '..' }, 'no_id'],
  ])('where a key is made %s', async (_, body, cause) => {
    json(201, body);
    expect(await keys.create(by, 'n', {})).toEqual({ ok: false, error: { kind: 'invalid', cause } });
  });

  test.each(['..', '.', '', 'a/b', 'a%2fb', 'a b', 'a#b', 'x'.repeat(201)])('to end %j', async (id) => {
    expect(await keys.remove(by, id)).toEqual({ ok: false, error: { kind: 'invalid', cause: 'no_id' } });
    expect(platform.requests).toEqual([]);
  });
});

test('entries of a list that are odd are nobody’s key', async () => {
  json(200, {
    result: [null, 'x', { api_key_id: '../x', name: 'a' }, { api_key_id: 'b' }, { api_key_id: 'c', name: 'd' }],
  });
  expect(await keys.list(by)).toEqual({ ok: true, value: [{ id: 'c', name: 'd' }] });
});
