import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { sdkConfig } from '../../local/aws/sdk-config';
import { type KeyPlatform, startKeyPlatform } from '../fixtures/key-platform';
import { answerStatus, textResult } from '../fixtures/scripts';
import { modernCall } from './harness/mcp-wire';
import { type Scene, startScene } from './harness/scene';

const call = modernCall('tools/call', { name: 'echo', arguments: {} });

let platform: KeyPlatform;
let scene: Scene;
let secretsManager: SecretsManagerClient;
let secretId: string;
let authorization: string;

/** The gateway as it runs, Secrets Manager invoking its function, a platform with an API for keys, and an upstream that takes them. */
beforeAll(async () => {
  platform = await startKeyPlatform();
  scene = await startScene(
    (url) => [
      {
        name: 'mail',
        url,
        credential: { provider: 'sendgrid', headers: { Authorization: 'Bearer {key}' } },
        connectTimeoutMs: 100,
      },
    ],
    { cacheTtlMs: 250, keyRotations: [platform.rotation('sendgrid')] },
  );
  secretsManager = new SecretsManagerClient(sdkConfig(scene.gateway.aws));
  const { SecretList = [] } = await secretsManager.send(new ListSecretsCommand({}));
  secretId = SecretList.find(({ Name }) => Name?.endsWith('/sendgrid'))?.ARN ?? '';
  authorization = `Bearer ${await scene.token('mail')}`;
  scene.upstream.answer((exchange) => {
    const key = /^Bearer (.*)$/.exec(exchange.request.headers['authorization'] ?? '')?.[1] ?? '';
    if (!platform.isAlive(key)) return answerStatus(401)(exchange);
    const body = JSON.stringify({ jsonrpc: '2.0', id: exchange.message.id, result: textResult('sent') });
    return answerStatus(200, body, { 'Content-Type': 'application/json' })(exchange);
  });
});
afterAll(async () => {
  secretsManager.destroy();
  await scene.close();
  await platform.close();
});

const rotate = () =>
  secretsManager.send(new RotateSecretCommand({ SecretId: secretId, RotationLambdaARN: 'rotation' }));
/** What a step of a rotation came to, once the log says so. */
async function outcomeOf(step: string, versionId: string | undefined): Promise<unknown> {
  for (;;) {
    const line = scene.gateway
      .logLines()
      .find((one) => one['event'] === `rotation.${step}` && one['secretVersionId'] === versionId);
    if (line) return line['outcome'];
    await delay(20);
  }
}
const labelled = async (label: string) => {
  const { VersionIdsToStages = {} } = await secretsManager.send(new DescribeSecretCommand({ SecretId: secretId }));
  return Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes(label))?.[0];
};

test('callers that never pause lose no call over three rotations, and each ends the key before', async () => {
  const first = platform.issue('made by hand');
  await scene.vault.store('sendgrid', { key: first });
  const statuses: number[] = [];
  let isOver = false;
  const callers = Promise.all(
    Array.from({ length: 6 }, async () => {
      while (!isOver) statuses.push((await scene.send('mail', call, { authorization })).status);
    }),
  );
  let before = first;
  const rotated: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { VersionId } = await rotate();
    expect(await outcomeOf('finishSecret', VersionId)).toBe('done');
    expect(platform.isAlive(before)).toBe(false);
    expect(await labelled('AWSCURRENT')).toBe(VersionId);
    const [left, ...others] = [...platform.keys.values()];
    expect(others).toEqual([]);
    before = left?.key ?? '';
    rotated.push(before);
  }
  isOver = true;
  await callers;
  expect(statuses.length).toBeGreaterThan(50);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(new Set([first, ...rotated]).size).toBe(4);

  // No key is anywhere but sealed: not in the log, and not in what Secrets Manager holds.
  const { SecretString = '' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }));
  const seen = SecretString + scene.gateway.logs();
  for (const key of [first, ...rotated]) expect(seen).not.toContain(key.split('.')[2]);
});

test('configuring rotation of an empty vault, or of one with a key, changes nothing', async () => {
  const before = await labelled('AWSCURRENT');
  const { VersionId } = await secretsManager.send(
    new RotateSecretCommand({ SecretId: secretId, RotationLambdaARN: 'rotation', RotateImmediately: false }),
  );
  expect(await outcomeOf('testSecret', VersionId)).toBe('nothing_to_test');
  expect(await labelled('AWSCURRENT')).toBe(before);
  expect((await scene.send('mail', call, { authorization })).status).toBe(200);
});
