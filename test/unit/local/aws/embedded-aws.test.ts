import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from '../../../../lambda/contract/env';
import { type EmbeddedAws, type EmbeddedAwsOptions, startEmbeddedAws } from '../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../local/aws/provision';
import { sdkConfig } from '../../../../local/aws/sdk-config';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(options: EmbeddedAwsOptions = {}): Promise<EmbeddedAws> {
  const aws = await startEmbeddedAws(options);
  undo.push(() => aws.close());
  return aws;
}

/** One attempt, so that a refusal is seen as it came. */
function clients(aws: EmbeddedAws, more: object = {}) {
  const config = { ...sdkConfig(aws), maxAttempts: 1, ...more };
  const all = {
    dynamodb: new DynamoDBClient(config),
    kms: new KMSClient(config),
    secrets: new SecretsManagerClient(config),
  };
  undo.push(() => {
    for (const client of Object.values(all)) client.destroy();
  });
  return all;
}

function dataDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'embedded-aws-'));
  undo.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function post(aws: EmbeddedAws, headers: Record<string, string>, body = '{}') {
  const request = httpRequest(aws.endpoint, { method: 'POST', headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

const absentSecret = new GetSecretValueCommand({ SecretId: 'absent' });

describe('the port', () => {
  test('is on loopback only, and its credentials are new at each start', async () => {
    const [first, second] = [await start(), await start()];
    expect(first.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(first.env['AWS_SECRET_ACCESS_KEY']).not.toBe(second.env['AWS_SECRET_ACCESS_KEY']);
    const { secrets } = clients(first, { credentials: sdkConfig(second).credentials });
    await expect(secrets.send(absentSecret)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('the environment it hands out is all that an SDK needs', async () => {
    const aws = await start();
    expect(Object.keys(aws.env).sort()).toEqual([
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_ENDPOINT_URL_DYNAMODB',
      'AWS_ENDPOINT_URL_KMS',
      'AWS_ENDPOINT_URL_LAMBDA',
      'AWS_ENDPOINT_URL_SECRETS_MANAGER',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ]);
    const before = { ...process.env };
    Object.assign(process.env, aws.env);
    undo.push(() => {
      process.env = before;
    });
    const client = new SecretsManagerClient();
    undo.push(() => client.destroy());
    await expect(client.send(absentSecret)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each([
    [
      'kms',
      'TrentService.Decrypt',
      '1.1',
      '{"__type":"MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}',
    ],
    [
      'secretsmanager',
      'secretsmanager.GetSecretValue',
      '1.1',
      '{"__type":"MissingAuthenticationTokenException","Message":"Request is missing Authentication Token"}',
    ],
    [
      'dynamodb',
      'DynamoDB_20120810.GetItem',
      '1.0',
      '{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}',
    ],
  ])('refuses an unsigned call in the wording of %s', async (_service, target, version, body) => {
    const answer = await post(await start(), { 'x-amz-target': target });
    expect(answer).toMatchObject({ status: 400, body });
    expect(answer.headers).toMatchObject({
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-requestid': expect.any(String),
    });
  });

  test.each([
    ['an operation that does not exist', { 'x-amz-target': 'TrentService.Fly' }],
    ['a service that is not here', { 'x-amz-target': 'AmazonSSM.GetParameter' }],
    ['no operation', {}],
    ["an object's own machinery as operation", { 'x-amz-target': 'TrentService.constructor' }],
  ])('refuses %s', async (_what, headers) => {
    const answer = await post(await start(), headers as Record<string, string>);
    expect(answer).toMatchObject({ status: 404, body: '{"__type":"UnknownOperationException"}' });
  });

  test('drops a connection that sends more than 16 MB', async () => {
    const aws = await start();
    await expect(post(aws, {}, 'x'.repeat(17 * 1024 * 1024))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/),
    });
  });

  test('its clock judges signatures and is shown, so that an SDK whose clock is off corrects itself', async () => {
    const clock = () => Date.now() + 3_600_000;
    const aws = await start({ clock });
    await expect(clients(aws).secrets.send(absentSecret)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringContaining('Signature expired: '),
    });
    aws.calls.reset();
    await expect(clients(aws, { maxAttempts: 2 }).secrets.send(absentSecret)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(aws.calls.count('GetSecretValue')).toBe(2);
  });

  test('refuses a port that is taken, and lets go of the data directory', async () => {
    const { endpoint } = await start();
    const dataDir = dataDirectory();
    const port = Number(new URL(endpoint).port);
    await expect(startEmbeddedAws({ port, dataDir })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await start({ dataDir });
  });
});

test('calls are counted per operation and in all, refused ones included', async () => {
  const aws = await start();
  const { secrets } = clients(aws);
  await secrets.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x' }));
  await secrets.send(new GetSecretValueCommand({ SecretId: 'a' }));
  await expect(secrets.send(absentSecret)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect([aws.calls.count(), aws.calls.count('GetSecretValue'), aws.calls.count('Decrypt')]).toEqual([3, 2, 0]);
  aws.calls.reset();
  expect(aws.calls.count()).toBe(0);
});

describe('faults', () => {
  async function provisioned(more: object = {}) {
    const aws = await start();
    const env = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
    const TableName = env[ENV.vaultTable] ?? '';
    const all = clients(aws, more);
    const read = () =>
      all.dynamodb.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } }, ConsistentRead: true }));
    const create = () =>
      all.dynamodb.send(
        new PutItemCommand({ TableName, Item: { pk: { S: 'a' } }, ConditionExpression: 'attribute_not_exists(pk)' }),
      );
    const unwrap = () => all.kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from('x') }));
    aws.calls.reset();
    return { aws, ...all, read, create, unwrap };
  }

  test.each([
    ['throttle', 400, 'ProvisionedThroughputExceededException', 'ThrottlingException', 'ThrottlingException'],
    ['error', 500, 'InternalServerError', 'KMSInternalException', 'InternalServiceError'],
  ] as const)(
    '%s answers %i by the name each service has for it',
    async (kind, status, dynamodb, kms, secretsManager) => {
      const { aws, read, unwrap, secrets } = await provisioned();
      aws.faults.inject({ kind });
      const refused = (name: string) => ({ name, $metadata: { httpStatusCode: status } });
      await expect(read()).rejects.toMatchObject(refused(dynamodb));
      await expect(unwrap()).rejects.toMatchObject(refused(kms));
      await expect(secrets.send(absentSecret)).rejects.toMatchObject(refused(secretsManager));
    },
  );

  test('an SDK retries past a fault that comes twice', async () => {
    const { aws, read } = await provisioned({ maxAttempts: 3 });
    aws.faults.inject({ operation: 'GetItem', kind: 'throttle', times: 2 });
    expect((await read()).$metadata.attempts).toBe(3);
    expect(aws.calls.count('GetItem')).toBe(3);
  });

  test('no answer: the client gives up, nothing took effect', async () => {
    const { aws, create, read } = await provisioned({
      requestHandler: { requestTimeout: 50, throwOnRequestTimeout: true },
    });
    aws.faults.inject({ operation: 'PutItem', kind: 'timeout', times: 1 });
    await expect(create()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect((await read()).Item).toBeUndefined();
  });

  test('a cut connection before the effect leaves nothing, after it leaves the write', async () => {
    const { aws, create, read } = await provisioned();
    aws.faults.inject({ operation: 'PutItem', kind: 'reset', times: 1 });
    await expect(create()).rejects.toMatchObject({ message: expect.stringContaining('ECONNRESET') });
    expect((await read()).Item).toBeUndefined();

    aws.faults.inject({ operation: 'PutItem', kind: 'reset', times: 1, afterEffect: true });
    await expect(create()).rejects.toMatchObject({ message: expect.stringContaining('ECONNRESET') });
    expect((await read()).Item).toEqual({ pk: { S: 'a' } });
    // What a blind retry of a conditional write then meets.
    await expect(create()).rejects.toThrow(ConditionalCheckFailedException);
  });

  test('a delayed answer is the true one', async () => {
    const { aws, create, read } = await provisioned();
    aws.faults.inject({ kind: 'delay', delayMs: 5 });
    await create();
    expect((await read()).Item).toEqual({ pk: { S: 'a' } });
  });

  test('a call with a wrong signature meets the judge, not the fault', async () => {
    const { aws } = await provisioned();
    aws.faults.inject({ kind: 'error', times: 1 });
    await post(aws, { 'x-amz-target': 'TrentService.Decrypt' });
    const { kms } = clients(aws);
    const call = kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from('x') }));
    await expect(call).rejects.toMatchObject({ name: 'KMSInternalException' });
  });
});

describe('closing', () => {
  test('does not wait for calls that are held back or half-sent', async () => {
    const aws = await startEmbeddedAws();
    const { secrets } = clients(aws);
    aws.faults.inject({ kind: 'timeout' });
    const held = secrets.send(absentSecret).catch((error: Error) => error);
    const halfSent = connect(Number(new URL(aws.endpoint).port), '127.0.0.1');
    halfSent.on('error', () => undefined);
    halfSent.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    await once(halfSent, 'connect');
    await waitFor(() => aws.calls.count('GetSecretValue') === 1);
    await aws.close();
    expect(await held).toBeInstanceOf(Error);
  });

  test('answers what it has begun, and what was answered is there after a restart', async () => {
    const dataDir = dataDirectory();
    const first = await startEmbeddedAws({ dataDir });
    const env = await provisionGateway(first, { gatewayId: 'gw', providers: [] });
    const TableName = env[ENV.vaultTable];
    const { dynamodb, kms, secrets } = clients(first);
    const KeyId = env[ENV.vaultKeyArn];
    const wrapped = await kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const writes = Array.from({ length: 20 }, (_, index) =>
      dynamodb.send(new PutItemCommand({ TableName, Item: { pk: { S: `item#${index}` } } })).then(
        () => index,
        () => undefined,
      ),
    );
    const secret = secrets.send(new CreateSecretCommand({ Name: 'kept', SecretString: 'value' }));
    await secret;
    await first.close();
    const written = (await Promise.all(writes)).filter((index) => index !== undefined);

    const second = clients(await start({ dataDir }));
    for (const index of written) {
      const Key = { pk: { S: `item#${index}` } };
      expect((await second.dynamodb.send(new GetItemCommand({ TableName, Key }))).Item).toEqual(Key);
    }
    expect(await second.secrets.send(new GetSecretValueCommand({ SecretId: 'kept' }))).toMatchObject({
      SecretString: 'value',
    });
    const opened = await second.kms.send(new DecryptCommand({ CiphertextBlob: wrapped.CiphertextBlob }));
    expect(opened.Plaintext).toEqual(wrapped.Plaintext);
  });
});

describe('the data directory', () => {
  test('is readable by its owner only, file by file', async () => {
    const dataDir = join(dataDirectory(), 'new');
    const aws = await start({ dataDir });
    await provisionGateway(aws, { gatewayId: 'gw', providers: ['stripe'] });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of ['kms.json', 'secrets.json']) expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
  });

  test('refuses a second user', async () => {
    const dataDir = dataDirectory();
    await start({ dataDir });
    await expect(startEmbeddedAws({ dataDir })).rejects.toThrow(
      `${join(dataDir, 'dynamodb')} is in use by another process: stop it, or choose another data directory`,
    );
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
