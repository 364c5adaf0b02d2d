import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { kmsService } from '../../../../../local/aws/kms/kms-service';
import { type Call, caller, refusal } from '../call-service';

const DAY = 86_400_000;
let now: number;
let call: Call;

beforeEach(() => {
  now = Date.UTC(2026, 10, 23);
  call = caller(kmsService({ path: undefined, now: () => now }));
});

async function newKey(more = {}): Promise<string> {
  const { KeyMetadata } = await call('CreateKey', more);
  return (KeyMetadata as { Arn: string }).Arn;
}

const wrap = async (KeyId: string, EncryptionContext = {}) =>
  (await call('GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext })) as {
    Plaintext: string;
    CiphertextBlob: string;
  };
const unwrap = (CiphertextBlob: string, more = {}) => call('Decrypt', { CiphertextBlob, ...more });

test('refusals are worded as the service words them', async () => {
  const key = await newKey();
  const other = await newKey();
  const { CiphertextBlob } = await wrap(key);
  const absent = `${key.slice(0, -12)}${'0'.repeat(12)}`;

  expect(await refusal(unwrap(CiphertextBlob, { KeyId: other }))).toEqual({
    code: 'IncorrectKeyException',
    message: 'The key ID in the request does not identify a CMK that can perform this operation.',
  });
  // The service gives no reason: it would help whoever is guessing.
  expect(await refusal(unwrap(CiphertextBlob, { EncryptionContext: { a: 'b' } }))).toEqual({
    code: 'InvalidCiphertextException',
    message: '',
  });
  expect(await refusal(wrap(absent))).toEqual({ code: 'NotFoundException', message: `Key '${absent}' does not exist` });
  expect(await refusal(wrap('nonsense'))).toEqual({ code: 'NotFoundException', message: "Invalid keyId 'nonsense'" });
  expect(await refusal(wrap('alias/none'))).toEqual({
    code: 'NotFoundException',
    message: 'Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.',
  });
  expect(await refusal(wrap(key.replace('us-east-1', 'eu-west-1')))).toEqual({
    code: 'NotFoundException',
    message: 'Invalid arn eu-west-1',
  });
  expect(await refusal(call('GenerateDataKey', { KeyId: key }))).toEqual({
    code: 'ValidationException',
    message: 'Please specify either number of bytes or key spec.',
  });
  await call('DisableKey', { KeyId: key });
  expect(await refusal(unwrap(CiphertextBlob))).toEqual({ code: 'DisabledException', message: `${key} is disabled.` });
  await call('ScheduleKeyDeletion', { KeyId: key });
  expect(await refusal(unwrap(CiphertextBlob))).toEqual({
    code: 'KMSInvalidStateException',
    message: `${key} is pending deletion.`,
  });
});

test('a key is gone when its window ends, and with it everything it wrapped', async () => {
  const key = await newKey();
  const { CiphertextBlob } = await wrap(key);
  await call('ScheduleKeyDeletion', { KeyId: key, PendingWindowInDays: 7 });
  now += 7 * DAY;
  expect((await refusal(call('DescribeKey', { KeyId: key }))).code).toBe('NotFoundException');
  expect((await refusal(call('CancelKeyDeletion', { KeyId: key }))).code).toBe('NotFoundException');
  expect((await refusal(unwrap(CiphertextBlob))).code).toBe('AccessDeniedException');
});

test('what one KMS wrapped, another cannot open, though it names the key', async () => {
  const { CiphertextBlob } = await wrap(await newKey());
  const elsewhere = caller(kmsService({ path: undefined, now: () => now }));
  expect((await refusal(elsewhere('Decrypt', { CiphertextBlob }))).code).toBe('AccessDeniedException');
});

test('a data key that is renamed to another key of ours does not open', async () => {
  const [key, other] = [await newKey(), await newKey()];
  const bytes = Buffer.from((await wrap(key)).CiphertextBlob, 'base64');
  const foreign = Buffer.from((await wrap(other)).CiphertextBlob, 'base64');
  const renamed = Buffer.concat([foreign.subarray(0, 17), bytes.subarray(17)]).toString('base64');
  expect((await refusal(unwrap(renamed))).code).toBe('InvalidCiphertextException');
});

test('no bit of a ciphertext can be turned, no part of it cut', async () => {
  const { CiphertextBlob } = await wrap(await newKey());
  const bytes = Buffer.from(CiphertextBlob, 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const { code } = await refusal(unwrap(turned.toString('base64')));
    // The sixteen bytes after the first name the key.
    expect(code).toBe(bit >= 8 && bit < 17 * 8 ? 'AccessDeniedException' : 'InvalidCiphertextException');
  }
  for (let length = 1; length < bytes.length; length += 1) {
    const { code } = await refusal(unwrap(bytes.subarray(0, length).toString('base64')));
    expect(code).toBe('InvalidCiphertextException');
  }
});

test('a ciphertext opens under an equal context, and under no other', async () => {
  const key = await newKey();
  const context = fc.dictionary(
    fc.constantFrom('a', 'b', 'ab', 'A', '__proto__', 'a","b'),
    fc.constantFrom('', 'a', 'b', '","'),
  );
  await fc.assert(
    fc.asyncProperty(context, context, async (sealed, offered) => {
      const { CiphertextBlob, Plaintext } = await wrap(key, sealed);
      const opened = await unwrap(CiphertextBlob, { EncryptionContext: offered }).then(
        (answer) => answer['Plaintext'],
        (error: { code: string }) => error.code,
      );
      const equal = JSON.stringify(Object.entries(sealed).sort()) === JSON.stringify(Object.entries(offered).sort());
      expect(opened).toBe(equal ? Plaintext : 'InvalidCiphertextException');
    }),
    { numRuns: 300 },
  );
});

test('signatures over digests verify, whatever their length in DER', async () => {
  const KeyId = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const { PublicKey } = await call('GetPublicKey', { KeyId });
  const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), format: 'der', type: 'spki' });
  const lengths = new Set<number>();
  for (let index = 0; index < 100; index += 1) {
    const message = Buffer.from(`message ${index}`);
    const digest = await globalThis.crypto.subtle.digest('SHA-256', message);
    const { Signature } = await call('Sign', {
      KeyId,
      Message: Buffer.from(digest).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    });
    const signature = Buffer.from(String(Signature), 'base64');
    lengths.add(signature.length);
    expect(verify('sha256', message, { key, dsaEncoding: 'der' }, signature)).toBe(true);
  }
  expect(lengths.size).toBeGreaterThan(1);
});

test.each([
  ['an alias of AWS itself', { AliasName: 'alias/aws/mine' }, 'NotAuthorizedException'],
  ['a name without the prefix', { AliasName: 'mine' }, 'ValidationException'],
])('refuses %s as an alias', async (_what, input, code) => {
  const TargetKeyId = await newKey();
  expect((await refusal(call('CreateAlias', { ...input, TargetKeyId }))).code).toBe(code);
});

test('an alias can be pointed at another key, listed and deleted; it then finds nothing', async () => {
  const [first, second] = [await newKey(), await newKey()];
  await call('CreateAlias', { AliasName: 'alias/a', TargetKeyId: first });
  await call('UpdateAlias', { AliasName: 'alias/a', TargetKeyId: second });
  expect((await call('ListAliases', { KeyId: second }))['Aliases']).toMatchObject([{ AliasName: 'alias/a' }]);
  expect((await call('ListAliases', { KeyId: first }))['Aliases']).toEqual([]);
  expect((await call('DescribeKey', { KeyId: 'alias/a' }))['KeyMetadata']).toMatchObject({ Arn: second });
  await call('DeleteAlias', { AliasName: 'alias/a' });
  expect((await refusal(wrap('alias/a'))).code).toBe('NotFoundException');
});

test.each(['EnableKey', 'DisableKey', 'ScheduleKeyDeletion'])('refuses %s by alias', async (operation) => {
  await call('CreateAlias', { AliasName: 'alias/a', TargetKeyId: await newKey() });
  expect(await refusal(call(operation, { KeyId: 'alias/a' }))).toEqual({
    code: 'NotFoundException',
    message: "Invalid keyId 'alias/a'",
  });
});

test.each([
  ['Decrypt', { DryRun: true, CiphertextBlob: 'eA==' }],
  ['GenerateDataKey', { GrantTokens: ['x'] }],
  ['Sign', { DryRun: true }],
  ['CreateKey', { MultiRegion: true }],
])('refuses of %s what it does not emulate instead of ignoring it', async (operation, input) => {
  expect((await refusal(call(operation, input))).code).toBe('UnsupportedOperationException');
});

test.each([
  ['a number', { CiphertextBlob: 1 }],
  ['text that is not base64', { CiphertextBlob: '*' }],
  ['a context that is a list', { CiphertextBlob: 'eA==', EncryptionContext: ['a'] }],
  ['a context with a number', { CiphertextBlob: 'eA==', EncryptionContext: { a: 1 } }],
])('refuses a Decrypt of %s', async (_what, input) => {
  expect((await refusal(call('Decrypt', input))).code).toBe('SerializationException');
});
