import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ENV } from '../../../../lambda/contract/env';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../local/aws/provision';
import { sdkConfig } from '../../../../local/aws/sdk-config';

let dataDir: string;
let aws: EmbeddedAws;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'embedded-aws-'));
  aws = await startEmbeddedAws({ dataDir });
});

afterEach(async () => {
  await aws.close();
  rmSync(dataDir, { recursive: true });
});

const OPTIONS = { gatewayId: 'gw-test', providers: ['stripe', 'slack'] };

test('what the stack would create is there afterwards', async () => {
  const env = await provisionGateway(aws, OPTIONS);
  const config = sdkConfig(aws);
  const dynamodb = new DynamoDBClient(config);
  const secrets = new SecretsManagerClient(config);

  const TableName = env[ENV.vaultTable];
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({ TableStatus: 'ACTIVE', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] });
  const ttl = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });

  const auth = await dynamodb.send(new DescribeTableCommand({ TableName: env[ENV.authTable] }));
  expect(auth.Table?.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ]);
  const authTtl = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: env[ENV.authTable] }));
  expect(authTtl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });

  const signing = await new KMSClient(config).send(new DescribeKeyCommand({ KeyId: env[ENV.signingKeyArn] }));
  expect(signing.KeyMetadata).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const token = await secrets.send(new GetSecretValueCommand({ SecretId: env[ENV.tokenSecret] }));
  expect(Buffer.from(token.SecretString ?? '', 'base64')).toHaveLength(32);

  const key = await new KMSClient(config).send(new DescribeKeyCommand({ KeyId: env[ENV.vaultKeyArn] }));
  expect(key.KeyMetadata).toMatchObject({ KeySpec: 'SYMMETRIC_DEFAULT', KeyState: 'Enabled' });

  const operatorSecrets = JSON.parse(env[ENV.operatorSecrets] ?? '') as Record<string, string>;
  expect(Object.keys(operatorSecrets)).toEqual(['stripe', 'slack']);
  for (const SecretId of Object.values(operatorSecrets)) {
    expect(await secrets.send(new DescribeSecretCommand({ SecretId }))).toMatchObject({ ARN: SecretId });
    await expect(secrets.send(new GetSecretValueCommand({ SecretId }))).rejects.toThrow(ResourceNotFoundException);
  }
  const session = await secrets.send(new GetSecretValueCommand({ SecretId: env[ENV.sessionSecret] }));
  expect(Buffer.from(session.SecretString ?? '', 'base64')).toHaveLength(32);
});

test('people’s connections have salts that nothing deletes, empty secrets of clients, and a key where one is asked for', async () => {
  const env = await provisionGateway(aws, { ...OPTIONS, connectProviders: ['github'], connectClientKey: true });
  const config = sdkConfig(aws);
  const dynamodb = new DynamoDBClient(config);
  const salts = await dynamodb.send(new DescribeTableCommand({ TableName: env[ENV.saltsTable] }));
  expect(salts.Table?.KeySchema).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
  const ttl = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: env[ENV.saltsTable] }));
  expect(ttl.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });

  const secrets = JSON.parse(env[ENV.providerSecrets] ?? '') as Record<string, string>;
  expect(Object.keys(secrets)).toEqual(['github']);
  const value = new GetSecretValueCommand({ SecretId: secrets['github'] });
  await expect(new SecretsManagerClient(config).send(value)).rejects.toThrow(ResourceNotFoundException);

  const key = await new KMSClient(config).send(new DescribeKeyCommand({ KeyId: env[ENV.connectClientKeyArn] }));
  expect(key.KeyMetadata).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  expect(await provisionGateway(aws, OPTIONS)).not.toHaveProperty([ENV.connectClientKeyArn]);
});

test('the secret of a client at a platform is the one that is given, whatever was there before', async () => {
  const stored = async (clientSecret: string) => {
    const options = { ...OPTIONS, connectProviders: ['github', 'slack'], clientSecrets: { github: clientSecret } };
    const ids = JSON.parse((await provisionGateway(aws, options))[ENV.providerSecrets] ?? '') as Record<string, string>;
    const value = new GetSecretValueCommand({ SecretId: ids['github'] });
    return (await new SecretsManagerClient(sdkConfig(aws)).send(value)).SecretString;
  };
  expect([await stored('first'), await stored('second')]).toEqual(['first', 'second']);
});

test('a second run, also after a restart, finds what the first one made', async () => {
  const first = await provisionGateway(aws, OPTIONS);
  expect(await provisionGateway(aws, OPTIONS)).toEqual(first);
  const sealingKey = () =>
    new SecretsManagerClient(sdkConfig(aws)).send(new GetSecretValueCommand({ SecretId: first[ENV.sessionSecret] }));
  const before = await sealingKey();

  await aws.close();
  aws = await startEmbeddedAws({ dataDir });
  expect(await provisionGateway(aws, OPTIONS)).toEqual(first);
  expect((await sealingKey()).SecretString).toBe(before.SecretString);
});

test('a provider that is added later gets its secret beside the others', async () => {
  const first = await provisionGateway(aws, OPTIONS);
  const second = await provisionGateway(aws, { ...OPTIONS, providers: ['stripe', 'slack', 'linear'] });
  const before = JSON.parse(first[ENV.operatorSecrets] ?? '') as Record<string, string>;
  expect(JSON.parse(second[ENV.operatorSecrets] ?? '')).toEqual({
    ...before,
    linear: expect.stringContaining('gw-test'),
  });
});
