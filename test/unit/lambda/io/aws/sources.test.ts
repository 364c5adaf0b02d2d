import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DisableKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ENV } from '../../../../../lambda/contract/env';
import { operatorContext } from '../../../../../lambda/contract/vault-record';
import { dynamodbVaultRecords } from '../../../../../lambda/io/aws/dynamodb-vault-records';
import { kmsDataKeys } from '../../../../../lambda/io/aws/kms-data-keys';
import { secretsManagerValues } from '../../../../../lambda/io/aws/secrets-manager-values';
import type { Env } from '../../../../../lambda/io/aws/services';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';
import { officialSources, type Sources } from './reference-adapters';

const TABLE = 'gw-vault';
const VERSION_1 = '00000000-0000-4000-8000-000000000001';
const VERSION_2 = '00000000-0000-4000-8000-000000000002';
const RECORD = {
  status: { S: 'active' },
  version: { N: '7' },
  secretId: { S: 'arn:aws:secretsmanager:eu-west-1:1:secret:s' },
  secretVersionId: { S: VERSION_1 },
};

let aws: EmbeddedAws;
let environment: Record<string, string>;
let dynamodb: DynamoDBClient;
let kms: KMSClient;
let secretsManager: SecretsManagerClient;

beforeAll(async () => {
  aws = await startEmbeddedAws();
  environment = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
  const config = sdkConfig(aws);
  dynamodb = new DynamoDBClient(config);
  kms = new KMSClient(config);
  secretsManager = new SecretsManagerClient(config);
  await secretsManager.send(
    new CreateSecretCommand({ Name: 'two', SecretString: 'first ü', ClientRequestToken: VERSION_1 }),
  );
  await secretsManager.send(
    new PutSecretValueCommand({ SecretId: 'two', SecretString: '{"second":2}', ClientRequestToken: VERSION_2 }),
  );
  await secretsManager.send(new CreateSecretCommand({ Name: 'empty' }));
  await secretsManager.send(new CreateSecretCommand({ Name: 'doomed', SecretString: 'x' }));
  await secretsManager.send(new DeleteSecretCommand({ SecretId: 'doomed', RecoveryWindowInDays: 7 }));
});
afterAll(() => aws.close());
afterEach(() => aws.faults.clear());

const soon = () => Date.now() + 10_000;
const failure = (service: string, kind: string, name: string) => ({ ok: false, error: { service, kind, name } });

/** The implementation that ships. */
function ownSources(env: Env, tableName: string): Sources {
  const options = { env, random: () => 0 };
  return {
    records: dynamodbVaultRecords(tableName, options),
    secrets: secretsManagerValues(options),
    dataKeys: kmsDataKeys(options),
  };
}

describe.each([
  ['own client', ownSources],
  ['official clients', officialSources],
])('%s', (_, create) => {
  const sources = (env: Env = aws.env, tableName = TABLE) => create(env, tableName);
  const put = (pk: string, item: Record<string, { S: string } | { N: string }>) =>
    dynamodb.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: pk }, ...item } }));

  describe('reading a vault record', () => {
    test('gives what the hot path needs of it', async () => {
      await put('operator#stripe', { ...RECORD, updatedBy: { S: 'someone' } });
      expect(await sources().records.read('operator#stripe', soon())).toEqual({
        ok: true,
        value: {
          status: 'active',
          version: 7,
          secretId: 'arn:aws:secretsmanager:eu-west-1:1:secret:s',
          secretVersionId: VERSION_1,
        },
      });
    });

    test('sees a change at once', async () => {
      const { records } = sources();
      await put('operator#changing', RECORD);
      await records.read('operator#changing', soon());
      await put('operator#changing', { ...RECORD, status: { S: 'disabled' }, version: { N: '8' } });
      expect(await records.read('operator#changing', soon())).toMatchObject({
        value: { status: 'disabled', version: 8 },
      });
    });

    test('finds nothing where there is nothing', async () => {
      expect(await sources().records.read('operator#nobody', soon())).toEqual({ ok: true, value: undefined });
    });

    test('finds nothing where the record has expired and still lies there', async () => {
      await put('operator#expired', { ...RECORD, expiresAt: { N: String(Math.floor(Date.now() / 1000)) } });
      expect(await sources().records.read('operator#expired', soon())).toEqual({ ok: true, value: undefined });
    });

    test('finds a record that expires later', async () => {
      await put('operator#lasting', { ...RECORD, expiresAt: { N: String(Math.ceil(Date.now() / 1000) + 60) } });
      expect(await sources().records.read('operator#lasting', soon())).toMatchObject({ value: { version: 7 } });
    });

    test.each([
      ['an unknown status', { ...RECORD, status: { S: 'revoked' } }],
      ['no status', { version: RECORD.version, secretId: RECORD.secretId, secretVersionId: RECORD.secretVersionId }],
      ['a version that is text', { ...RECORD, version: { S: '7' } }],
      ['a version that is no whole number', { ...RECORD, version: { N: '7.5' } }],
      ['an empty secret id', { ...RECORD, secretId: { S: '' } }],
      ['no secret version', { status: RECORD.status, version: RECORD.version, secretId: RECORD.secretId }],
    ])('fails on %s', async (_case, item) => {
      await put('operator#odd', item);
      expect(await sources().records.read('operator#odd', soon())).toEqual(
        failure('dynamodb', 'invalid', 'MalformedRecord'),
      );
    });

    test('fails on a table that is not there', async () => {
      expect(await sources(aws.env, 'elsewhere').records.read('operator#stripe', soon())).toEqual(
        failure('dynamodb', 'not_found', 'ResourceNotFoundException'),
      );
    });

    test('fails when the session has other credentials than AWS knows', async () => {
      const stranger = { ...aws.env, AWS_SECRET_ACCESS_KEY: 'not-the-secret' };
      expect(await sources(stranger).records.read('operator#stripe', soon())).toMatchObject({
        ok: false,
        error: { service: 'dynamodb', kind: 'denied' },
      });
    });

    test('survives a throttled and a broken attempt', async () => {
      await put('operator#busy', RECORD);
      aws.faults.inject({ operation: 'GetItem', kind: 'throttle', times: 1 });
      aws.faults.inject({ operation: 'GetItem', kind: 'reset', times: 1 });
      expect(await sources().records.read('operator#busy', soon())).toMatchObject({ value: { version: 7 } });
    });

    test('fails as throttled when throttling does not end', async () => {
      aws.faults.inject({ operation: 'GetItem', kind: 'throttle' });
      expect(await sources().records.read('operator#busy', soon())).toMatchObject({
        ok: false,
        error: { service: 'dynamodb', kind: 'throttled' },
      });
    });

    test('fails as unavailable when errors do not end', async () => {
      aws.faults.inject({ operation: 'GetItem', kind: 'error' });
      expect(await sources().records.read('operator#busy', soon())).toMatchObject({
        ok: false,
        error: { service: 'dynamodb', kind: 'unavailable' },
      });
    });

    test('fails as unavailable when no answer comes before the deadline', async () => {
      aws.faults.inject({ operation: 'GetItem', kind: 'timeout' });
      expect(await sources().records.read('operator#busy', Date.now() + 100)).toMatchObject({
        ok: false,
        error: { service: 'dynamodb', kind: 'unavailable' },
      });
    });
  });

  describe('fetching a secret', () => {
    test('gives the current version without a version id', async () => {
      expect(await sources().secrets.fetch('two', undefined, soon())).toEqual({ ok: true, value: '{"second":2}' });
    });

    test('gives the version asked for', async () => {
      expect(await sources().secrets.fetch('two', VERSION_1, soon())).toEqual({ ok: true, value: 'first ü' });
    });

    test.each([
      ['a secret that is not there', 'nowhere', undefined, 'ResourceNotFoundException'],
      ['a secret without a value', 'empty', undefined, 'ResourceNotFoundException'],
      ['a version that is not there', 'two', '00000000-0000-4000-8000-00000000000f', 'ResourceNotFoundException'],
      ['a secret scheduled for deletion', 'doomed', undefined, 'InvalidRequestException'],
    ])('fails on %s', async (_case, secretId, versionId, name) => {
      expect(await sources().secrets.fetch(secretId, versionId, soon())).toEqual(
        failure('secretsmanager', 'not_found', name),
      );
    });
  });

  describe('unwrapping a data key', () => {
    const context = operatorContext('gw', 'stripe');
    const wrap = async (KeyId = environment[ENV.vaultKeyArn]) => {
      const command = new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: { ...context } });
      const { CiphertextBlob, Plaintext } = await kms.send(command);
      return { wrapped: CiphertextBlob ?? new Uint8Array(), plaintext: Plaintext ?? new Uint8Array() };
    };

    test('gives the key in clear', async () => {
      const { wrapped, plaintext } = await wrap();
      expect(await sources().dataKeys.unwrap(wrapped, context, soon())).toEqual({
        ok: true,
        value: new Uint8Array(plaintext),
      });
    });

    test.each([
      ['another provider', operatorContext('gw', 'github')],
      ['another gateway', operatorContext('gw2', 'stripe')],
    ])('fails under the context of %s', async (_case, wrong) => {
      const { wrapped } = await wrap();
      expect(await sources().dataKeys.unwrap(wrapped, wrong, soon())).toEqual(
        failure('kms', 'invalid', 'InvalidCiphertextException'),
      );
    });

    test('fails on a wrapped key that was tampered with', async () => {
      const { wrapped } = await wrap();
      const tampered = Uint8Array.from(wrapped, (byte, at) => (at === wrapped.length - 1 ? byte ^ 1 : byte));
      expect(await sources().dataKeys.unwrap(tampered, context, soon())).toEqual(
        failure('kms', 'invalid', 'InvalidCiphertextException'),
      );
    });

    test('fails as denied when the KMS key is disabled', async () => {
      const other = await provisionGateway(aws, { gatewayId: create.name, providers: [] });
      const { wrapped } = await wrap(other[ENV.vaultKeyArn]);
      await kms.send(new DisableKeyCommand({ KeyId: other[ENV.vaultKeyArn] }));
      expect(await sources().dataKeys.unwrap(wrapped, context, soon())).toEqual(
        failure('kms', 'denied', 'DisabledException'),
      );
    });
  });
});
