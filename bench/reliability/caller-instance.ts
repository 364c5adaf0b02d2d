import { Agent, request } from 'node:http';
import type { ProviderConfig, UpstreamConfig } from '../../lambda/config/gateway-config';
import { ENV } from '../../lambda/contract/env';
import { PersonCredentials } from '../../lambda/core/connections/person-credentials';
import { PersonSource } from '../../lambda/core/connections/person-source';
import { Renewals } from '../../lambda/core/connections/renewals';
import { RecordCache } from '../../lambda/core/record-cache';
import { renderCredential } from '../../lambda/core/render-credential';
import { createAwsClient } from '../../lambda/io/aws/aws-client';
import { kmsDataKeys } from '../../lambda/io/aws/kms-data-keys';
import { createLambdaClient } from '../../lambda/io/aws/lambda-invoke';
import { DYNAMODB } from '../../lambda/io/aws/services';
import { dynamodbConnectionStates } from '../../lambda/io/connections/dynamodb-connection-states';
import { remoteRefresher } from '../../lambda/io/connections/remote-refresher';
import type { CallOutcome, CallRequest } from './caller-pool';
import type { Message } from './instance-process';

const { env } = process;
const now = Date.now;
const provider = JSON.parse(env['RELIABILITY_PROVIDER'] ?? '') as ProviderConfig;
const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
const upstream: UpstreamConfig = {
  name: 'platform',
  url: `${provider.origins[0]}/api`,
  credential: { provider: provider.name, owner: 'person', headers: provider.headers },
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  totalTimeoutMs: 60_000,
};
/** The vault as an instance of `mcp` has it. */
const credentials = new PersonCredentials({
  gatewayId: env[ENV.gatewayId] ?? '',
  cacheTtlMs: 1_000,
  now,
  states: dynamodbConnectionStates(tables, createAwsClient(DYNAMODB, { env })),
  dataKeys: kmsDataKeys({ env }),
  Cache: RecordCache,
  render: renderCredential,
});
const renewals = new Renewals(remoteRefresher(createLambdaClient({ env }), 'refresher'), now);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** One call: the credential, the platform, after a 401 once more with another token. */
async function call(subject: string, deadlineMs: number): Promise<{ status: number | string; refusals: number }> {
  const source = new PersonSource({
    credentials,
    renewals,
    now,
    name: { subject, provider: provider.name },
    platform: provider.facts.name,
    deadlineMs,
    tried: 0,
    isDeclined: false,
    isForItself: false,
  });
  for (let refusals = 0; ; ) {
    const found = await source.get(upstream, deadlineMs);
    if (!found.ok) return { status: source.need !== 'missing' ? source.need : found.error.reason, refusals };
    const status = await send(found.value?.headers ?? {});
    if (status !== 401) return { status, refusals };
    refusals += 1;
    if (refusals === 2) return { status, refusals };
    const replaced = await source.replace();
    if (!replaced.ok) return { status: replaced.error.reason, refusals };
  }
}

function send(headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(upstream.url, { agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** As agents do, a call that was not answered is made again, until the person would have given up. */
async function answered({ subject, patienceMs }: CallRequest): Promise<CallOutcome> {
  const startedAt = now();
  const untilMs = startedAt + patienceMs;
  for (let retries = 0, refusedTwice = 0; ; retries += 1) {
    const { status, refusals } = await call(subject, now() + 30_000);
    if (refusals === 2) refusedTwice += 1;
    const isOver = status === 200 || status === 'broken' || now() >= untilMs;
    if (isOver) return { status, retries, refusedTwice, tookMs: now() - startedAt };
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 400));
  }
}

process.on('message', ({ id, calls }: Message & { readonly calls: readonly CallRequest[] }) => {
  Promise.all(calls.map(answered)).then((outcomes) => process.send?.({ id, outcomes }));
});
process.once('disconnect', () => process.exit(0));
process.send?.({ id: 0 });
