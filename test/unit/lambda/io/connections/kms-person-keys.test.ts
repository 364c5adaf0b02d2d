import { CONNECTION_KEYS, personContext } from '../../../../../lambda/contract/connection-record';
import { ENV } from '../../../../../lambda/contract/env';
import { openSecrets, sealSecrets, wrappedKeyOf } from '../../../../../lambda/core/connections/seal-connection';
import { kmsDataKeys } from '../../../../../lambda/io/aws/kms-data-keys';
import { kmsPersonKeys } from '../../../../../lambda/io/connections/kms-person-keys';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { answer, type ScriptedAws, startScriptedAws } from '../aws/scripted-aws';

const CONTEXT = personContext('gw', 'alice', 'github', 'call');
const soon = () => Date.now() + 5_000;
const failure = (kind: string, name: string) => ({ ok: false, error: { service: 'kms', kind, name } });

describe('a data key of a person', () => {
  let aws: EmbeddedAws;
  let keyArn: string;
  beforeAll(async () => {
    aws = await startEmbeddedAws();
    keyArn = (await provisionGateway(aws, { gatewayId: 'gw', providers: [] }))[ENV.vaultKeyArn] ?? '';
  });
  afterAll(() => aws.close());
  afterEach(() => aws.faults.clear());

  const made = async () => {
    const key = await kmsPersonKeys(keyArn, { env: aws.env }).make(CONTEXT);
    if (!key.ok) throw new Error(key.error.name);
    return key.value;
  };

  test('is another each time, and is unwrapped under the context it was made for', async () => {
    const [first, second] = [await made(), await made()];
    expect(first.plaintext).toHaveLength(32);
    expect(first.plaintext).not.toEqual(second.plaintext);
    const unwrapped = await kmsDataKeys({ env: aws.env }).unwrap(first.wrapped, CONTEXT, soon());
    expect(unwrapped).toEqual({ ok: true, value: first.plaintext });
  });

  test.each([
    ['another gateway', personContext('gw2', 'alice', 'github', 'call')],
    ['another person', personContext('gw', 'mallory', 'github', 'call')],
    ['another provider', personContext('gw', 'alice', 'gitlab', 'call')],
    ['another use', personContext('gw', 'alice', 'github', 'refresh')],
    ['no use at all', { 'mcp:gateway': 'gw', 'mcp:subject': 'alice', 'mcp:provider': 'github' }],
  ])('is refused for %s', async (_, context) => {
    const { wrapped } = await made();
    const unwrapped = await kmsDataKeys({ env: aws.env }).unwrap(wrapped, context, soon());
    expect(unwrapped).toEqual(failure('invalid', 'InvalidCiphertextException'));
  });

  test('seals what opens with the key KMS gives back, and a flipped bit of it opens nothing', async () => {
    const seal = {
      salt: Buffer.alloc(32, 1).toString('base64url'),
      context: CONTEXT,
      itemKey: CONNECTION_KEYS.connection('alice', 'github'),
      version: 5,
    };
    const text = sealSecrets({ refreshToken: 'r' }, await made(), seal, new Uint8Array(12));
    const wrapped = wrappedKeyOf(text) ?? new Uint8Array();
    const unwrapped = await kmsDataKeys({ env: aws.env }).unwrap(wrapped, CONTEXT, soon());
    if (!unwrapped.ok) throw new Error(unwrapped.error.name);
    expect(openSecrets(text, unwrapped.value, seal)).toEqual({ ok: true, value: { refreshToken: 'r' } });
    wrapped[40] = (wrapped[40] ?? 0) ^ 1;
    const flipped = await kmsDataKeys({ env: aws.env }).unwrap(wrapped, CONTEXT, soon());
    expect(flipped).toEqual(failure('invalid', 'InvalidCiphertextException'));
  });

  test('is had although KMS throttles at first', async () => {
    aws.faults.inject({ operation: 'GenerateDataKey', kind: 'throttle', times: 2 });
    expect((await made()).plaintext).toHaveLength(32);
  });

  test('fails where the key is none', async () => {
    const absent = keyArn.replace(/.{12}$/, '000000000000');
    expect(await kmsPersonKeys(absent, { env: aws.env }).make(CONTEXT)).toEqual(
      failure('not_found', 'NotFoundException'),
    );
  });
});

describe('an answer that is no data key', () => {
  let scripted: ScriptedAws;
  beforeAll(async () => {
    scripted = await startScriptedAws();
  });
  afterAll(() => scripted.close());

  const plaintext = Buffer.alloc(32, 1).toString('base64');
  test.each([
    {},
    { Plaintext: plaintext },
    { Plaintext: plaintext, CiphertextBlob: '' },
    { Plaintext: Buffer.alloc(16).toString('base64'), CiphertextBlob: 'AAAA' },
    { Plaintext: 1, CiphertextBlob: 'AAAA' },
    { CiphertextBlob: 'AAAA' },
  ])('is refused: %j', async (body) => {
    scripted.script(answer(200, body));
    const keys = kmsPersonKeys('arn:aws:kms:eu-west-1:1:key/k', { env: scripted.env });
    expect(await keys.make(CONTEXT)).toEqual(failure('invalid', 'MalformedDataKey'));
    expect(JSON.parse(scripted.seen[0]?.body ?? '')).toEqual({
      KeyId: 'arn:aws:kms:eu-west-1:1:key/k',
      KeySpec: 'AES_256',
      EncryptionContext: CONTEXT,
    });
  });
});
