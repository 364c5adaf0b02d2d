import { randomBytes, randomUUID } from 'node:crypto';
import type { ProviderConfig } from '../../lambda/config/gateway-config';
import { ENV } from '../../lambda/contract/env';
import type { RefreshDeps } from '../../lambda/core/refresh/refresh-deps';
import { kmsDataKeys } from '../../lambda/io/aws/kms-data-keys';
import { secretsManagerDocuments } from '../../lambda/io/aws/secrets-manager-documents';
import { dynamodbConnections } from '../../lambda/io/connections/dynamodb-connections';
import { providerClient } from '../../lambda/io/connections/provider-client';
import { providerSecrets } from '../../lambda/io/connections/provider-secrets';
import { refresherHandler } from '../../lambda/io/connections/refresher-handler';
import type { Message } from './instance-process';
import type { Step } from './refresher-pool';

const { env } = process;
const now = Date.now;
const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
const provider = JSON.parse(env['RELIABILITY_PROVIDER'] ?? '') as ProviderConfig;
const store = dynamodbConnections(tables, { env, now });
const client = providerClient({ now, secrets: providerSecrets({}, secretsManagerDocuments({ env }), now) });
const tell = (message: Message) => void process.send?.(message);

/** Whoever watches may kill this process here; otherwise it goes on. */
let steps = 0;
const waiting = new Map<number, () => void>();
const reach = (step: Step) =>
  new Promise<void>((resolve) => {
    steps += 1;
    waiting.set(steps, resolve);
    tell({ id: steps, step });
  });

/** The function as it is deployed, but for the places where it may die. */
const deps: RefreshDeps = {
  gatewayId: env[ENV.gatewayId] ?? '',
  providers: new Map([[provider.name, provider]]),
  store: {
    ...store,
    async put(...args) {
      const written = await store.put(...args);
      if (written.ok) await reach('after the write');
      return written;
    },
  },
  dataKeys: kmsDataKeys({ env }),
  client: {
    ...client,
    async refresh(...args) {
      await reach('before the call');
      const answer = await client.refresh(...args);
      if (answer.ok) await reach('after the answer');
      return answer;
    },
  },
  now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
  randomId: randomUUID,
  randomBytes,
  log: ({ event }) => tell({ id: 0, event }),
};
const handler = refresherHandler(deps);

process.on('message', ({ id, payload }: Message) => {
  if (payload === undefined) {
    waiting.get(id)?.();
    waiting.delete(id);
    return;
  }
  handler(payload, { getRemainingTimeInMillis: () => 300_000 }).then(
    (answer) => tell({ id: 0, answer }),
    (error: unknown) => tell({ id: 0, error: String(error) }),
  );
});
process.once('disconnect', () => process.exit(0));
tell({ id: 0 });
