import { Credentials } from '../../../../lambda/core/credentials';
import { testClock } from '../../../helpers/clock';
import { upstreamConfig } from '../../../helpers/config';
import { FakeVault, failureOf } from '../../../helpers/fake-vault';

const ORIGIN = 'https://acme.example';
const UPSTREAM = upstreamConfig('acme', {
  url: `${ORIGIN}/mcp`,
  credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } },
});

function vaultOf(cacheTtlMs = 1000) {
  const clock = testClock();
  const vault = new FakeVault('gateway-1');
  const { records, secrets, dataKeys } = vault;
  const credentials = new Credentials({
    gatewayId: 'gateway-1',
    cacheTtlMs,
    now: clock.now,
    records,
    secrets,
    dataKeys,
  });
  const get = (upstream = UPSTREAM) => credentials.get(upstream, clock.now() + 1000);
  return { clock, vault, credentials, get };
}

/** What a call would send. */
const sends = (authorization: string) => ({ ok: true, value: { headers: { authorization } } });
const refused = (reason: string) => ({ ok: false, error: { reason, provider: 'acme' } });

test('an upstream without a credential needs no vault', async () => {
  const { get, vault } = vaultOf();
  expect(await get(upstreamConfig('open'))).toEqual({ ok: true, value: undefined });
  expect(vault.calls).toEqual({ records: 0, secrets: 0, dataKeys: 0 });
});

test('a stored key becomes a header, read once per time to live for 32 calls at once', async () => {
  const { clock, get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  for (const answer of await Promise.all(Array.from({ length: 32 }, () => get()))) {
    expect(answer).toMatchObject(sends('Bearer sk_live_1'));
  }
  clock.advance(999);
  await get();
  expect(vault.calls).toEqual({ records: 1, secrets: 1, dataKeys: 1 });
});

test('an unchanged record costs one read: the value is neither fetched nor decrypted again', async () => {
  const { clock, get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  const first = await get();
  clock.advance(1000);
  const second = await get();
  expect(vault.calls).toEqual({ records: 2, secrets: 1, dataKeys: 1 });
  expect(first.ok && second.ok && first.value === second.value).toBe(true);
});

test('a replaced key is used after the time to live, not before and not later', async () => {
  const { clock, get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  await get();
  vault.store('acme', { key: 'sk_live_2' }, [ORIGIN]);
  clock.advance(999);
  expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
  clock.advance(1);
  expect(await get()).toMatchObject(sends('Bearer sk_live_2'));
});

test('with a time to live of 0 every call sees the record of this moment', async () => {
  const { get, vault } = vaultOf(0);
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
  vault.store('acme', { key: 'sk_live_2' }, [ORIGIN]);
  expect(await get()).toMatchObject(sends('Bearer sk_live_2'));
  vault.disable('acme');
  expect(await get()).toEqual(refused('credential_disabled'));
  expect(vault.calls).toEqual({ records: 3, secrets: 2, dataKeys: 2 });
});

test('refuses a key that was never stored', async () => {
  expect(await vaultOf().get()).toEqual(refused('credential_missing'));
});

test('refuses a disabled key without opening it, and opens it again once it is enabled', async () => {
  const { get, vault } = vaultOf(0);
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  vault.disable('acme');
  expect(await get()).toEqual(refused('credential_disabled'));
  expect(vault.calls.secrets).toBe(0);
  vault.put('acme', { status: 'active', version: 3 });
  expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
});

test('refuses a key whose record was deleted, though it was open a moment ago', async () => {
  const { get, vault } = vaultOf(0);
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  await get();
  vault.table.clear();
  expect(await get()).toEqual(refused('credential_missing'));
});

test.each(['missing', 'disabled'])(
  'a key that was %s works at once after it was stored: a "no" is not remembered',
  async (why) => {
    const { get, vault } = vaultOf();
    if (why === 'disabled') {
      vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
      vault.disable('acme');
    }
    expect(await get()).toEqual(refused(`credential_${why}`));
    vault.store('acme', { key: 'sk_live_2' }, [ORIGIN]);
    expect(await get()).toMatchObject(sends('Bearer sk_live_2'));
    expect(vault.calls.records).toBe(2);
  },
);

test('refuses a record whose value is gone', async () => {
  const { get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  vault.values.clear();
  expect(await get()).toEqual(refused('credential_lost'));
});

test.each([
  ['text that is no envelope', 'sk_live_1'],
  ['the marker of an erased key', '{"v":1,"erased":true}'],
  ['an envelope of another format', '{"v":2,"wrappedKey":"","iv":"","ciphertext":"","tag":""}'],
  ['nothing', ''],
])('refuses %s where an envelope should be, without asking KMS', async (_, text) => {
  const { get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  for (const id of vault.values.keys()) vault.values.set(id, text);
  expect(await get()).toEqual(refused('credential_unreadable'));
  expect(vault.calls.dataKeys).toBe(0);
});

test.each(['ciphertext', 'tag', 'iv', 'wrappedKey'])(
  'refuses an envelope with one altered bit in its %s',
  async (field) => {
    const { get, vault } = vaultOf();
    vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
    for (const [id, text] of vault.values) {
      const sealed = JSON.parse(text) as Record<string, string>;
      const bytes = Buffer.from(sealed[field] ?? '', 'base64');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      vault.values.set(id, JSON.stringify({ ...sealed, [field]: bytes.toString('base64') }));
    }
    expect(await get()).toEqual(refused('credential_unreadable'));
  },
);

describe('a record that someone with access to the table points elsewhere', () => {
  test('refuses the secret of another provider', async () => {
    const { get, vault } = vaultOf();
    vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
    vault.store('bank', { key: 'bank_key' }, [ORIGIN]);
    vault.put('acme', { secretId: 'secret-of-bank', secretVersionId: 'version-1' });
    expect(await get()).toEqual(refused('credential_unreadable'));
  });

  test('refuses an envelope that names another provider, even under the right seal', async () => {
    const { get, vault } = vaultOf();
    vault.store('acme', { key: 'bank_key' }, [ORIGIN], { provider: 'bank' });
    expect(await get()).toEqual(refused('credential_unreadable'));
  });

  test('refuses an older version of the same secret under a newer version id', async () => {
    const { get, vault } = vaultOf();
    vault.store('acme', { key: 'sk_old_1' }, [ORIGIN]);
    vault.store('acme', { key: 'sk_new_1' }, [ORIGIN]);
    vault.values.set('secret-of-acme/version-2', vault.values.get('secret-of-acme/version-1') ?? '');
    expect(await get()).toEqual(refused('credential_unreadable'));
  });

  test('reads the value again when only the secret behind the same version number changed', async () => {
    const { get, vault } = vaultOf(0);
    vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
    await get();
    vault.put('acme', { secretVersionId: 'version-9' });
    expect(await get()).toEqual(refused('credential_lost'));
  });
});

test.each([
  ['another host', ['https://evil.example']],
  ['another scheme', ['http://acme.example']],
  ['another port', ['https://acme.example:8443']],
  ['a subdomain', ['https://api.acme.example']],
  ['nothing at all', []],
])('refuses to send a key to an upstream when it was stored for %s', async (_, origins) => {
  const { get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, origins);
  expect(await get()).toEqual(refused('credential_wrong_origin'));
});

test('judges each upstream that shares a key by its own origin and template', async () => {
  const { get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  const headers = { 'X-Key': '{key}' };
  const same = upstreamConfig('same', { url: `${ORIGIN}/other`, credential: { provider: 'acme', headers } });
  const elsewhere = upstreamConfig('elsewhere', { credential: { provider: 'acme', headers } });
  expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
  expect(await get(same)).toMatchObject({ ok: true, value: { headers: { 'x-key': 'sk_live_1' } } });
  expect(await get(elsewhere)).toEqual(refused('credential_wrong_origin'));
  expect(vault.calls.records).toBe(1);
});

test('refuses a key that lacks a part of the template', async () => {
  const { get, vault } = vaultOf();
  vault.store('acme', { other: 'sk_live_1' }, [ORIGIN]);
  expect(await get()).toEqual(refused('credential_incomplete'));
});

describe('a vault that fails', () => {
  test.each([
    ['records', failureOf('dynamodb', 'throttled', 'ThrottlingException'), 'vault_unavailable'],
    ['records', failureOf('dynamodb', 'denied', 'AccessDeniedException'), 'vault_denied'],
    ['records', failureOf('dynamodb', 'not_found', 'ResourceNotFoundException'), 'vault_denied'],
    ['secrets', failureOf('secretsmanager', 'unavailable', 'InternalServiceError'), 'vault_unavailable'],
    ['secrets', failureOf('secretsmanager', 'denied', 'AccessDeniedException'), 'vault_denied'],
    ['dataKeys', failureOf('kms', 'unavailable', 'ECONNREFUSED'), 'vault_unavailable'],
    ['dataKeys', failureOf('kms', 'denied', 'DisabledException'), 'vault_denied'],
  ] as const)('refuses the call when %s answer %j, and recovers with them', async (port, failure, reason) => {
    const { get, vault } = vaultOf();
    vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
    vault.failing[port] = failure;
    expect(await get()).toEqual({ ok: false, error: { reason, failure } });
    delete vault.failing[port];
    expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
  });

  test('fails closed: a key that was open a moment ago is not used past its time', async () => {
    const { clock, get, vault } = vaultOf();
    vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
    await get();
    vault.failing.records = failureOf('dynamodb', 'unavailable', 'ETIMEDOUT');
    clock.advance(1000);
    expect(await get()).toMatchObject({ ok: false, error: { reason: 'vault_unavailable' } });
  });
});

test('reads the vault anew after it was told to, and only for that provider', async () => {
  const { credentials, get, vault } = vaultOf();
  vault.store('acme', { key: 'sk_live_1' }, [ORIGIN]);
  await get();
  vault.store('acme', { key: 'sk_live_2' }, [ORIGIN]);
  credentials.invalidate('other');
  expect(await get()).toMatchObject(sends('Bearer sk_live_1'));
  credentials.invalidate('acme');
  expect(await get()).toMatchObject(sends('Bearer sk_live_2'));
});
