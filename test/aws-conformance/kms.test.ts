import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DecryptCommand,
  type DecryptCommandInput,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { eventually, openTarget, refusalOf, type Target, uniqueName } from './target';

let target: Target;
let client: KMSClient;
let vaultKey: string;
let otherKey: string;
let signingKey: string;
const alias = `alias/${uniqueName('vault')}`;
const created: string[] = [];

beforeAll(async () => {
  target = await openTarget();
  client = new KMSClient(target.config);
  vaultKey = await newKey();
  otherKey = await newKey();
  signingKey = await newKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: vaultKey }));
});

afterAll(async () => {
  await client.send(new DeleteAliasCommand({ AliasName: alias }));
  for (const KeyId of created) {
    // One that a test has scheduled already is refused, and on its way out.
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })).catch(() => undefined);
  }
  client.destroy();
  await target.close();
});

async function newKey(input: CreateKeyCommandInput = {}): Promise<string> {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ Description: uniqueName('key'), ...input }));
  const arn = KeyMetadata?.Arn ?? '';
  created.push(arn);
  return arn;
}

const CONTEXT = { 'mcp:gateway': 'gw', 'mcp:subject': 'operator', 'mcp:provider': 'stripe' };

async function wrappedKey(KeyId = vaultKey) {
  const input = { KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT } as const;
  const { Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = await client.send(
    new GenerateDataKeyCommand(input),
  );
  return { plaintext: Buffer.from(Plaintext), blob: CiphertextBlob };
}

const open = (CiphertextBlob: Uint8Array, more: Partial<DecryptCommandInput> = {}) =>
  client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: CONTEXT, ...more }));

describe('data keys', () => {
  test('a wrapped data key opens under the context it was wrapped under, in any order of its pairs', async () => {
    const { plaintext, blob } = await wrappedKey();
    expect(plaintext).toHaveLength(32);
    const reordered = Object.fromEntries(Object.entries(CONTEXT).reverse());
    for (const EncryptionContext of [CONTEXT, reordered]) {
      const answer = await open(blob, { EncryptionContext });
      expect(Buffer.from(answer.Plaintext ?? [])).toEqual(plaintext);
      expect(answer.KeyId).toBe(vaultKey);
      expect(answer.EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT');
    }
  });

  test('two data keys differ', async () => {
    const [first, second] = [await wrappedKey(), await wrappedKey()];
    expect(first.plaintext.equals(second.plaintext)).toBe(false);
  });

  test('one made without plaintext opens like any other', async () => {
    const answer = await client.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: alias, NumberOfBytes: 64, EncryptionContext: CONTEXT }),
    );
    expect(answer).not.toHaveProperty('Plaintext');
    expect((await open(answer.CiphertextBlob ?? new Uint8Array())).Plaintext).toHaveLength(64);
  });

  test.each([
    ['no context', undefined],
    ['an empty context', {}],
    ['another provider', { ...CONTEXT, 'mcp:provider': 'slack' }],
    ['a pair less', { 'mcp:gateway': 'gw', 'mcp:subject': 'operator' }],
    ['a pair more', { ...CONTEXT, 'mcp:v': '1' }],
    ['a name in capitals', { 'mcp:gateway': 'gw', 'mcp:subject': 'operator', 'MCP:provider': 'stripe' }],
    ['names and values that only join to the same text', { 'mcp:gateway': 'gwmcp:provider', stripe: 'operator' }],
  ])('refuses to open under %s', async (_what, EncryptionContext) => {
    const { blob } = await wrappedKey();
    const CiphertextBlob = blob;
    const call = client.send(
      new DecryptCommand({ CiphertextBlob, ...(EncryptionContext === undefined ? {} : { EncryptionContext }) }),
    );
    expect(await refusalOf(call)).toEqual({ name: 'InvalidCiphertextException', status: 400 });
  });

  test('refuses a ciphertext with any one byte changed', async () => {
    const { blob } = await wrappedKey();
    // The first bytes name the key: what they turn into decides the refusal.
    const afterKeyId = 40;
    for (const at of [afterKeyId, Math.floor(blob.length / 2), blob.length - 17, blob.length - 1]) {
      const tampered = Buffer.from(blob);
      tampered[at] = (tampered[at] ?? 0) ^ 1;
      expect(await refusalOf(open(tampered))).toEqual({ name: 'InvalidCiphertextException', status: 400 });
    }
  });

  test('refuses a ciphertext that is cut short, and one that never was any', async () => {
    const { blob } = await wrappedKey();
    for (const bytes of [blob.slice(0, -1), Buffer.from('not a ciphertext')]) {
      expect(await refusalOf(open(bytes))).toEqual({ name: 'InvalidCiphertextException', status: 400 });
    }
  });

  test('a key id in the request pins the key: the right one opens, another is refused', async () => {
    const { blob } = await wrappedKey();
    for (const KeyId of [vaultKey, vaultKey.split('/')[1], alias]) {
      expect((await open(blob, { KeyId })).KeyId).toBe(vaultKey);
    }
    expect(await refusalOf(open(blob, { KeyId: otherKey }))).toEqual({ name: 'IncorrectKeyException', status: 400 });
  });

  test('refuses a key that is not there, by id, ARN and alias', async () => {
    const { blob } = await wrappedKey();
    const id = randomUUID();
    for (const KeyId of [id, vaultKey.replace(/[^/]+$/, id), 'alias/mcp-gateway-no-such-alias']) {
      const call = client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
      expect(await refusalOf(call)).toEqual({ name: 'NotFoundException', status: 400 });
      expect(await refusalOf(open(blob, { KeyId }))).toEqual({ name: 'NotFoundException', status: 400 });
    }
  });

  test.each([
    ['neither length nor spec', {}],
    ['both length and spec', { KeySpec: 'AES_256', NumberOfBytes: 32 } as const],
    ['more than 1024 bytes', { NumberOfBytes: 1025 }],
  ])('refuses a data key of %s', async (_what, size) => {
    const call = client.send(new GenerateDataKeyCommand({ KeyId: vaultKey, ...size }));
    expect(await refusalOf(call)).toEqual({ name: 'ValidationException', status: 400 });
  });

  test('refuses to make a data key with a signing key', async () => {
    const call = client.send(new GenerateDataKeyCommand({ KeyId: signingKey, KeySpec: 'AES_256' }));
    expect(await refusalOf(call)).toEqual({ name: 'InvalidKeyUsageException', status: 400 });
  });
});

describe('encryption', () => {
  test('what is encrypted is decrypted, up to 4096 bytes', async () => {
    const Plaintext = Buffer.alloc(4096, 7);
    const { CiphertextBlob = new Uint8Array() } = await client.send(
      new EncryptCommand({ KeyId: vaultKey, Plaintext, EncryptionContext: CONTEXT }),
    );
    expect(Buffer.from((await open(CiphertextBlob)).Plaintext ?? [])).toEqual(Plaintext);
    const tooLong = client.send(new EncryptCommand({ KeyId: vaultKey, Plaintext: Buffer.alloc(4097) }));
    expect(await refusalOf(tooLong)).toEqual({ name: 'ValidationException', status: 400 });
  });

  test('re-encryption moves a data key to another key and context, and the old context no longer opens it', async () => {
    const { plaintext, blob } = await wrappedKey();
    const moved = { ...CONTEXT, 'mcp:provider': 'moved' };
    const answer = await client.send(
      new ReEncryptCommand({
        CiphertextBlob: blob,
        SourceEncryptionContext: CONTEXT,
        DestinationKeyId: otherKey,
        DestinationEncryptionContext: moved,
      }),
    );
    expect([answer.SourceKeyId, answer.KeyId]).toEqual([vaultKey, otherKey]);
    const CiphertextBlob = answer.CiphertextBlob ?? new Uint8Array();
    expect(Buffer.from((await open(CiphertextBlob, { EncryptionContext: moved })).Plaintext ?? [])).toEqual(plaintext);
    expect((await refusalOf(open(CiphertextBlob))).name).toBe('InvalidCiphertextException');
  });

  test('refuses to re-encrypt under the wrong source context', async () => {
    const { blob } = await wrappedKey();
    const call = client.send(new ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: otherKey }));
    expect(await refusalOf(call)).toEqual({ name: 'InvalidCiphertextException', status: 400 });
  });
});

describe('key states', () => {
  test('a disabled key opens and makes nothing until it is enabled again', async () => {
    const KeyId = await newKey();
    const { plaintext, blob } = await wrappedKey(KeyId);
    await client.send(new DisableKeyCommand({ KeyId }));
    const opened = await eventually(
      () => settled(open(blob)),
      ({ refused }) => refused !== undefined,
    );
    expect(opened.refused).toEqual({ name: 'DisabledException', status: 400 });
    const make = client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    expect(await refusalOf(make)).toEqual({ name: 'DisabledException', status: 400 });

    await client.send(new EnableKeyCommand({ KeyId }));
    const again = await eventually(
      () => settled(open(blob)),
      ({ answer }) => answer !== undefined,
    );
    expect(Buffer.from(again.answer?.Plaintext ?? [])).toEqual(plaintext);
  });

  test('a key pending deletion is refused everywhere; cancelled, it is disabled, not enabled', async () => {
    const KeyId = await newKey();
    const { blob } = await wrappedKey(KeyId);
    const scheduled = await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(scheduled).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    const opened = await eventually(
      () => settled(open(blob)),
      ({ refused }) => refused !== undefined,
    );
    expect(opened.refused).toEqual({ name: 'KMSInvalidStateException', status: 400 });
    expect((await refusalOf(client.send(new EnableKeyCommand({ KeyId })))).name).toBe('KMSInvalidStateException');

    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false });
  });

  test('refuses a deletion window below seven days', async () => {
    const call = client.send(new ScheduleKeyDeletionCommand({ KeyId: otherKey, PendingWindowInDays: 6 }));
    expect(await refusalOf(call)).toEqual({ name: 'ValidationException', status: 400 });
  });

  test('refuses a second alias of the same name', async () => {
    const call = client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: otherKey }));
    expect(await refusalOf(call)).toEqual({ name: 'AlreadyExistsException', status: 400 });
  });

  test('a key is described by its alias', async () => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: alias }));
    expect(KeyMetadata).toMatchObject({
      Arn: vaultKey,
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Enabled: true,
      Origin: 'AWS_KMS',
    });
  });
});

describe('tags', () => {
  const tagsOf = async (KeyId: string) => (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags;

  test('are given at creation, set, replaced and taken away', async () => {
    const KeyId = await newKey({ Tags: [{ TagKey: 'mcp:gateway', TagValue: 'gw' }] });
    expect(await tagsOf(KeyId)).toEqual([{ TagKey: 'mcp:gateway', TagValue: 'gw' }]);
    const Tags = [
      { TagKey: 'mcp:gateway', TagValue: 'other' },
      { TagKey: 'owner', TagValue: '' },
    ];
    await client.send(new TagResourceCommand({ KeyId, Tags }));
    expect(await tagsOf(KeyId)).toEqual(expect.arrayContaining(Tags));
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['owner', 'absent'] }));
    expect(await tagsOf(KeyId)).toEqual([{ TagKey: 'mcp:gateway', TagValue: 'other' }]);
  });

  test('refuses one name twice', async () => {
    const twice = [
      { TagKey: 'a', TagValue: '1' },
      { TagKey: 'a', TagValue: '2' },
    ];
    const call = client.send(new TagResourceCommand({ KeyId: signingKey, Tags: twice }));
    expect(await refusalOf(call)).toEqual({ name: 'TagException', status: 400 });
  });
});

describe('signing', () => {
  const message = Buffer.from('header.payload');

  test.each([
    ['a message', 'RAW', message],
    ['a digest', 'DIGEST', createHash('sha256').update(message).digest()],
  ] as const)('a signature over %s verifies with the public key', async (_what, MessageType, Message) => {
    const { PublicKey = new Uint8Array(), KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId: signingKey }));
    expect(KeySpec).toBe('ECC_NIST_P256');
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
    const { Signature = new Uint8Array() } = await client.send(
      new SignCommand({ KeyId: signingKey, Message, MessageType, SigningAlgorithm: 'ECDSA_SHA_256' }),
    );
    expect(verify('sha256', message, { key, dsaEncoding: 'der' }, Signature)).toBe(true);
    expect(verify('sha256', Buffer.from('another'), { key, dsaEncoding: 'der' }, Signature)).toBe(false);
  });

  test.each([
    ['an algorithm of another curve', { SigningAlgorithm: 'ECDSA_SHA_384' } as const, 'InvalidKeyUsageException'],
    ['a digest of the wrong length', { MessageType: 'DIGEST' } as const, 'ValidationException'],
    ['a message over 4096 bytes', { Message: Buffer.alloc(4097) }, 'ValidationException'],
  ])('refuses %s', async (_what, more, name) => {
    const input = { KeyId: signingKey, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' as const, ...more };
    expect(await refusalOf(client.send(new SignCommand(input)))).toEqual({ name, status: 400 });
  });

  test('refuses to sign with an encryption key, and to show its public half', async () => {
    const sign = client.send(new SignCommand({ KeyId: vaultKey, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' }));
    expect(await refusalOf(sign)).toEqual({ name: 'InvalidKeyUsageException', status: 400 });
    const publicKey = client.send(new GetPublicKeyCommand({ KeyId: vaultKey }));
    expect(await refusalOf(publicKey)).toEqual({ name: 'UnsupportedOperationException', status: 400 });
  });
});

async function settled<T>(call: Promise<T>) {
  try {
    return { answer: await call };
  } catch (error) {
    return { refused: await refusalOf(Promise.reject(error)) };
  }
}
