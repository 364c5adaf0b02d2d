import { randomUUID } from 'node:crypto';
import type { AuthItemKey } from '../../lambda/contract/auth-record';
import { ENV } from '../../lambda/contract/env';
import type { Written } from '../../lambda/core/authz/ports';
import { dynamodbAuthStore } from '../../lambda/io/auth/dynamodb-auth-store';
import { keysHandler } from '../../lambda/io/auth/keys-handler';
import { kmsPublicKeys, kmsSigningKeys } from '../../lambda/io/auth/kms-signing-keys';
import { runRacer } from '../helpers/racer';

const { env } = process;
const aws = { env, now: Date.now };
const store = dynamodbAuthStore(env[ENV.authTable] ?? '', { ...aws, randomId: randomUUID });
const rotate = keysHandler(
  {
    store,
    keyMaker: kmsSigningKeys(env[ENV.gatewayId] ?? '', aws),
    publicKeys: kmsPublicKeys(aws),
    firstKeyArn: env[ENV.signingKeyArn] ?? '',
    accessTokenMs: 300_000,
    rotateAfterMs: 90 * 86_400_000,
    now: Date.now,
    randomId: randomUUID,
  },
  () => undefined,
);

/** What one of many at once was told. */
export interface RaceAnswer {
  readonly run: number;
  readonly written: Written | string;
}

interface Target {
  readonly key: AuthItemKey;
  readonly version: number;
}

const inAnHour = () => ({ validUntilMs: Date.now() + 3_600_000 });

async function told(run: number, writing: ReturnType<typeof store.create>): Promise<RaceAnswer> {
  const answer = await writing;
  return { run, written: answer.ok ? answer.value : answer.error.name };
}

runRacer({
  create: ({ key }: Target, run) => told(run, store.create(key, { run }, inAnHour())),
  replace: ({ key, version }: Target, run) => told(run, store.replace(key, version, { run }, inAnHour())),
  /** Adds one to a counter, however often others are first. */
  count: async ({ key }: Target) => {
    for (let tries = 1; ; tries += 1) {
      const read = await store.read([key]);
      const found = read.ok ? read.value[0] : undefined;
      if (found === undefined) throw new Error('the counter cannot be read');
      const count = (found.record as { count: number }).count + 1;
      const written = await store.replace(key, found.version, { count }, inAnHour());
      if (written.ok && written.value.won) return tries;
    }
  },
  rotate: (event: object) => rotate(event),
});
