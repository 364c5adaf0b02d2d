import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttributeValue, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { sdkConfig } from '../../local/aws/sdk-config';
import { answerJson, textResult } from '../fixtures/scripts';
import { modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene, type Upstreams } from './harness/scene';

type Item = Record<string, AttributeValue>;

const call = modernCall('tools/call', { name: 'echo', arguments: {} }, 3);
const keyed = (name: string, url: string) => ({
  name,
  url,
  credential: { provider: name, headers: { 'X-Api-Key': '{key}' } },
});

/** Reads and overwrites records as someone who holds the table, but not the key, could. */
function tableOf(scene: Scene) {
  const client = new DynamoDBClient(sdkConfig(scene.gateway.aws));
  const key = (provider: string) => ({ pk: { S: `operator#${provider}` } });
  return {
    read: async (provider: string): Promise<Item> => {
      const { Item: found } = await client.send(new GetItemCommand({ TableName: 'local-vault', Key: key(provider) }));
      if (!found) throw new Error(`no record of ${provider}`);
      return found;
    },
    write: (provider: string, item: Item) =>
      client.send(new PutItemCommand({ TableName: 'local-vault', Item: { ...item, ...key(provider) } })),
    close: () => client.destroy(),
  };
}

describe('someone who can write the table but not open the vault', () => {
  let scene: Scene;
  let table: ReturnType<typeof tableOf>;
  let mine: Item;
  let theirs: Item;

  beforeAll(async () => {
    scene = await startScene((url) => [keyed('mine', url), keyed('theirs', url)], {
      cacheTtlMs: 0,
    });
    await scene.vault.store('mine', { key: 'key-of-mine-1' });
    await scene.vault.store('theirs', { key: 'key-of-theirs-1' });
    table = tableOf(scene);
    [mine, theirs] = await Promise.all([table.read('mine'), table.read('theirs')]);
  });
  afterAll(async () => {
    table.close();
    await scene.close();
  });
  beforeEach(async () => {
    scene.upstream.answer(answerJson(textResult('hello')));
    scene.upstream.reset();
    await table.write('mine', mine);
  });

  const answerTo = async () => {
    const answer = await scene.send('mine', call);
    return { status: answer.status, reason: rpcError(answer).reason };
  };

  test('cannot make one provider’s endpoint use the key of another', async () => {
    await table.write('mine', theirs);
    expect(await answerTo()).toEqual({ status: 503, reason: 'credential_unreadable' });
    const { secretId = { S: '' }, secretVersionId = { S: '' } } = theirs;
    await table.write('mine', { ...mine, secretId, secretVersionId });
    expect(await answerTo()).toEqual({ status: 503, reason: 'credential_unreadable' });
    expect(scene.upstream.received().toString()).not.toContain('key-of-theirs');
  });

  test.each([
    ['no secret', { secretId: { S: '' } }],
    ['a version that is no number', { version: { S: 'new' } }],
    ['a status nobody knows', { status: { S: 'enabled' } }],
    ['an expiry in the past', { expiresAt: { N: '1' } }],
    [
      'the ARN of a secret elsewhere',
      { secretId: { S: 'arn:aws:secretsmanager:us-east-1:999999999999:secret:x-AbCdEf' } },
    ],
  ] as [string, Item][])('gets a refusal, not a crash, for a record with %s', async (_, change) => {
    await table.write('mine', { ...mine, ...change });
    const { status, reason } = await answerTo();
    expect([403, 503]).toContain(status);
    expect(reason).toMatch(/^(credential|vault)_/);
    expect(scene.upstream.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

describe('a deployment after which the stored key does not fit', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tampering-test-'));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  async function deployed<T>(upstreams: (url: string) => Upstreams, use: (scene: Scene) => Promise<T>): Promise<T> {
    const scene = await startScene(upstreams, { cacheTtlMs: 0, dataDir });
    try {
      return await use(scene);
    } finally {
      await scene.close();
    }
  }

  test('refuses to carry the key to another origin until it is stored anew', async () => {
    await deployed(
      (url) => [keyed('moved', url)],
      (scene) => scene.vault.store('moved', { key: 'key-of-moved' }),
    );
    // A new upstream listens on a new port: another origin.
    await deployed(
      (url) => [keyed('moved', url)],
      async (scene) => {
        const answer = await scene.send('moved', call);
        expect({ status: answer.status, ...rpcError(answer) }).toMatchObject({
          status: 503,
          code: -32603,
          reason: 'credential_wrong_origin',
          message: 'The key for moved was stored for another upstream origin',
        });
        expect(scene.upstream.received().toString()).not.toContain('key-of-moved');
        await scene.vault.store('moved', { key: 'key-of-moved' });
        expect((await scene.send('moved', call)).status).toBe(200);
      },
    );
  });
});
