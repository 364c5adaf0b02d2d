import { DeleteSecretCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sdkConfig } from '../../local/aws/sdk-config';
import { answerJson, textResult } from '../fixtures/scripts';
import { modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

let scene: Scene;
let version = 0;

beforeAll(async () => {
  scene = await startScene(
    (url) => [
      { name: 'api', url, credential: { provider: 'acme', headers: { 'X-Api-Key': '{key}' } } },
      { name: 'open', url },
      { name: 'lost', url, credential: { provider: 'lost', headers: { 'X-Api-Key': '{key}' } } },
    ],
    { cacheTtlMs: 0 },
  );
  scene.upstream.answer(answerJson(textResult('hello')));
});
afterAll(() => scene.close());
beforeEach(async () => {
  // A new version each time, so that the next call must fetch and decrypt.
  version += 1;
  await scene.vault.store('acme', { key: `key-of-version-${version}` });
  scene.upstream.reset();
  await scene.gateway.commands.resetCounts();
});
afterEach(() => scene.gateway.commands.clearFaults());

const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 3);
const posts = () => scene.upstream.requests.filter(({ method }) => method === 'POST');

const services = [
  ['DynamoDB', 'GetItem'],
  ['Secrets Manager', 'GetSecretValue'],
  ['KMS', 'Decrypt'],
] as const;

describe.each(services)('%s', (_, operation) => {
  test.each(['throttle', 'error', 'reset'] as const)('one %s costs a repetition, not the call', async (kind) => {
    await scene.gateway.commands.inject({ operation, kind, times: 1 });
    expect((await scene.send('api', call)).status).toBe(200);
    expect(await scene.gateway.commands.count(operation)).toBe(2);
  });

  test.each(['throttle', 'error', 'reset', 'timeout'] as const)(
    'always %s: refuses, and uses no key unchecked',
    async (kind) => {
      await scene.gateway.commands.inject({ operation, kind });
      const answer = await scene.send('api', call);
      expect({ status: answer.status, ...rpcError(answer) }).toEqual({
        status: 503,
        id: 3,
        code: -32603,
        reason: 'vault_unavailable',
        message: 'The vault does not answer, so no key can be used',
        help: 'Send the request again; the gateway uses no key it could not check.',
      });
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.text).not.toMatch(/dynamodb|secretsmanager|kms|127\.0\.0\.1|Exception|arn:/i);
      expect(posts()).toEqual([]);
      const line = await scene.gateway.logged('requestId', answer.headers['x-amzn-requestid']);
      expect(line['failure']).toMatchObject({ reason: 'vault_unavailable' });

      await scene.gateway.commands.clearFaults();
      expect((await scene.send('api', call)).status).toBe(200);
    },
  );
});

test('an upstream without a credential works while the vault does not', async () => {
  for (const [, operation] of services) await scene.gateway.commands.inject({ operation, kind: 'error' });
  expect((await scene.send('open', call)).status).toBe(200);
});

test('a key used a moment ago is not used again while the vault does not answer', async () => {
  expect((await scene.send('api', call)).status).toBe(200);
  await scene.gateway.commands.inject({ operation: 'GetItem', kind: 'error' });
  expect(rpcError(await scene.send('api', call)).reason).toBe('vault_unavailable');
  expect(posts()).toHaveLength(1);
});

test('a record whose secret is gone is told from a vault that does not answer', async () => {
  await scene.vault.store('lost', { key: 'key-soon-to-be-lost' });
  await eraseSecrets('lost');
  const answer = await scene.send('lost', call);
  expect({ status: answer.status, ...rpcError(answer) }).toEqual({
    status: 503,
    id: 3,
    code: -32603,
    reason: 'credential_lost',
    message: 'The key for lost is recorded, but its value is gone',
    help: 'The operator stores it again: npx -p cdk-mcp-gateway mcp-gateway vault store lost',
  });
  expect(posts()).toEqual([]);
});

async function eraseSecrets(provider: string): Promise<void> {
  const client = new SecretsManagerClient(sdkConfig(scene.gateway.aws));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  const doomed = SecretList.filter(({ Name = '' }) => Name.includes(provider));
  expect(doomed.length).toBeGreaterThan(0);
  for (const { ARN } of doomed) {
    await client.send(new DeleteSecretCommand({ SecretId: ARN, ForceDeleteWithoutRecovery: true }));
  }
  client.destroy();
}
