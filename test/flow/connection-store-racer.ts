import { ENV } from '../../lambda/contract/env';
import type { BackendFailure } from '../../lambda/core/ports';
import type { Result } from '../../lambda/core/result';
import { dynamodbConnections } from '../../lambda/io/connections/dynamodb-connections';
import { CONNECTION_FACTS } from '../helpers/describe-connection-store';
import { runRacer } from '../helpers/racer';

const { env } = process;
const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
const store = dynamodbConnections(tables, { env, now: Date.now });

/** What one of many at once was told: what it got, or the name of the failure. */
export interface RaceAnswer<T> {
  readonly run: number;
  readonly told: T | string;
}

interface Target {
  readonly subject: string;
  readonly version: number;
}

async function told<T>(run: number, answering: Promise<Result<T, BackendFailure>>): Promise<RaceAnswer<T | null>> {
  const answer = await answering;
  return { run, told: answer.ok ? (answer.value ?? null) : answer.error.name };
}

runRacer({
  lease: ({ subject, version }: Target, run) => {
    const lease = { id: `lease-${run}`, untilMs: Date.now() + 60_000 };
    return told(run, store.lease(subject, 'github', version, lease, Date.now()));
  },
  put: ({ subject, version }: Target, run) => {
    const contents = { status: 'active', facts: CONNECTION_FACTS, call: `call-${run}` } as const;
    return told(run, store.put(subject, 'github', version, contents));
  },
  remove: ({ subject, version }: Target, run) => told(run, store.remove(subject, 'github', version)),
  salt: ({ subject }: Target, run) => {
    const salt = Buffer.alloc(32, run).toString('base64url');
    return told(run, store.ensureSalt(subject, { salt, createdAtMs: run }));
  },
  /** Leases, counts one more refresh under the lease, and tries again until it has. */
  refresh: async ({ subject }: Target, run) => {
    for (let tries = 1; ; tries += 1) {
      const read = await store.read(subject, 'github', Date.now() + 5_000);
      const kept = read.ok ? read.value.connection : undefined;
      if (kept === undefined) continue;
      const lease = { id: `lease-${run}-${tries}`, untilMs: Date.now() + 60_000 };
      let leased = await store.lease(subject, 'github', kept.version, lease, Date.now());
      // Not with another id: the lease may be taken, and nobody have heard.
      while (!leased.ok) leased = await store.lease(subject, 'github', kept.version, lease, Date.now());
      if (leased.value === undefined) continue;
      const contents = { status: 'active', facts: kept.facts, call: `${leased.value.call}.` } as const;
      let put = await store.put(subject, 'github', kept.version, contents, lease.id);
      while (!put.ok) put = await store.put(subject, 'github', kept.version, contents, lease.id);
      return put.value !== undefined;
    }
  },
});
