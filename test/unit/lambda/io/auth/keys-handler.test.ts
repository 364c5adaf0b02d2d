import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { ENV } from '../../../../../lambda/contract/env';
import { dynamodbAuthStore } from '../../../../../lambda/io/auth/dynamodb-auth-store';
import { keysHandler } from '../../../../../lambda/io/auth/keys-handler';
import { kmsPublicKeys, kmsSigningKeys } from '../../../../../lambda/io/auth/kms-signing-keys';
import { ownIssuerKeys } from '../../../../../lambda/io/auth/own-issuer-keys';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';
import { testClock } from '../../../../helpers/clock';

let aws: EmbeddedAws;
let env: Record<string, string>;
const clock = testClock();
const lines: Readonly<Record<string, unknown>>[] = [];

beforeAll(async () => {
  aws = await startEmbeddedAws({ clock: clock.now });
  env = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
});
afterAll(() => aws.close());
afterEach(() => {
  aws.faults.clear();
  lines.length = 0;
});

/** As the entry wires it. */
function handler() {
  const options = { env: aws.env, now: clock.now, random: () => 0 };
  return keysHandler(
    {
      store: dynamodbAuthStore(env[ENV.authTable] ?? '', { ...options, randomId: () => crypto.randomUUID() }),
      keyMaker: kmsSigningKeys('gw', options),
      publicKeys: kmsPublicKeys(options),
      firstKeyArn: env[ENV.signingKeyArn] ?? '',
      accessTokenMs: 300_000,
      rotateAfterMs: 90 * 86_400_000,
      now: clock.now,
      randomId: () => crypto.randomUUID(),
    },
    (line) => void lines.push(line),
  );
}

const kids = async () => {
  const read = ownIssuerKeys(env[ENV.authTable] ?? '', { env: aws.env, now: clock.now });
  return ((await read('', 1_000)) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
};

test('a key lives from one rotation to the next, and is then deleted in KMS', async () => {
  const first = await handler()({ action: 'maintain' });
  expect(first).toMatchObject({ outcome: 'not_due', deleted: [] });
  const second = await handler()({ action: 'rotate' });
  expect(await kids()).toEqual([second.kid, first.kid]);
  clock.advance(3 * 3_600_000);
  expect(await kids()).toEqual([second.kid]);

  const third = await handler()({ action: 'rotate', now: true });
  expect(await kids()).toEqual([third.kid]);
  const { deleted } = await handler()({ action: 'maintain' });
  expect(deleted).toHaveLength(1);
  const kms = new KMSClient(sdkConfig(aws));
  const stateOf = async (KeyId = '') => (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
  expect(await stateOf(deleted[0])).toBe('PendingDeletion');
  expect(await stateOf(env[ENV.signingKeyArn])).toBe('Enabled');
  kms.destroy();
});

test('leaves one line per invocation: what was asked, and what was done', async () => {
  const done = await handler()({ action: 'rotate', now: true });
  expect(lines).toEqual([
    { event: 'keys.rotate', time: new Date(clock.now()).toISOString(), action: 'rotate', now: true, ...done },
  ]);
});

test('fails what is no action, before it touches anything', async () => {
  aws.calls.reset();
  await expect(handler()({ action: 'rotate', Now: true })).rejects.toThrow(
    new Error('not an action: send {"action":"rotate"}, {"action":"rotate","now":true} or {"action":"maintain"}'),
  );
  expect(aws.calls.count()).toBe(0);
});

test.each([
  ['dynamodb', 'PutItem', 'dynamodb answered InternalServerError'],
  ['kms', 'CreateKey', 'kms answered KMSInternalException'],
  ['kms', 'GetPublicKey', 'kms answered KMSInternalException'],
] as const)('fails while %s %s does, and goes on where it stopped', async (service, operation, cause) => {
  clock.advance(2 * 3_600_000);
  aws.faults.inject({ service, operation, kind: 'error' });
  await expect(handler()({ action: 'rotate', now: true })).rejects.toThrow(
    new Error(`the keys were not rotated: ${cause}; invoke it again, it goes on where it stopped`),
  );
  expect(lines).toMatchObject([{ event: 'keys.rotate', outcome: 'failed' }]);
  aws.faults.clear();
  const { outcome, kid } = await handler()({ action: 'rotate', now: true });
  expect([outcome, await kids()]).toEqual(['rotated', [kid]]);
});
