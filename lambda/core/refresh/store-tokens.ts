import type { ProviderConfig } from '../../config/gateway-config';
import type { ConnectionRecord } from '../../contract/connection-record';
import type { RefresherAnswer } from '../../contract/refresher-api';
import type { BackendFailure } from '../ports';
import { backoffMs } from './backoff';
import { brokenAnswer, readyAnswer } from './judge-connection';
import type { OpenConnection } from './open-connection';
import type { HeldConnection } from './refresh-connection';
import { BACKEND_MS, type RefreshDeps } from './refresh-deps';
import { type ReceivedTokens, renewedContents, renewSecrets } from './renew-connection';
import { endsSuccessor, revokeTokens } from './revoke-tokens';

/** The old refresh token may be dead from here on: what came is written until it is there, far beyond the lease. */
const WRITE_FOR_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** Stores what a provider gave before anybody is told of it. */
export async function storeTokens(
  held: HeldConnection,
  opened: OpenConnection,
  provider: ProviderConfig,
  tokens: ReceivedTokens,
  deps: RefreshDeps,
): Promise<RefresherAnswer> {
  const { store, now, sleep, random, log } = deps;
  const { record } = held;
  const { subject } = record;
  const name = { subject, provider: record.provider };
  const renewed = renewSecrets(opened, tokens);
  let leaseId: string | undefined = held.leaseId;
  let writing = renewedContents(record, record.version, renewed, tokens, deps);
  let failure: BackendFailure | undefined;

  for (let pauseMs = FIRST_PAUSE_MS; now() < tokens.receivedAtMs + WRITE_FOR_MS; ) {
    const written = await store.put(subject, record.provider, writing.expected, writing.contents, leaseId);
    if (written.ok && written.value !== undefined) return stored(written.value, deps);
    const found = written.ok ? await store.read(subject, record.provider, now() + BACKEND_MS) : written;
    if (!found.ok) {
      failure = found.error;
      log({ event: 'connection.refresh_write_failed', ...name, cause: `${failure.service} ${failure.name}` });
      // What DynamoDB does not take, it will not take later.
      if (failure.kind === 'invalid') break;
      await sleep(pauseMs * (0.5 + random() / 2));
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      continue;
    }
    const { connection } = found.value;
    // An earlier try of ours was answered by a timeout, and took effect.
    if (connection?.call === writing.contents.call) return stored(connection, deps);
    if (connection?.facts.connectionId !== record.facts.connectionId) {
      return replaced(connection, record, renewed, provider, deps);
    }
    if (connection.version !== writing.expected) {
      if (isLater(connection, record.version, tokens)) return superseded(connection, deps);
      writing = renewedContents(connection, connection.version, renewed, tokens, deps);
    }
    // The lease has ended. The version is what protects: whoever holds the next lease reads it again, too.
    leaseId = undefined;
  }

  const cause = failure && `${failure.service} ${failure.name}`;
  log({ event: 'connection.refresh_token_at_risk', ...name, version: record.version, ...(cause && { cause }) });
  const failures = record.facts.failures + 1;
  const retryAtMs = now() + backoffMs(failures, random);
  await store.release(subject, record.provider, held.leaseId, {
    facts: { ...record.facts, failures, unsettled: true },
    retryAtMs,
  });
  return { outcome: 'unavailable', problem: 'provider_unavailable', retryAtMs };
}

/**
 * Two may have asked by one refresh token, where the lease of the first ended: what the provider gave last is what
 * lives, and ours was last only if it was asked for after theirs had come. A connection that was declared broken because
 * our answer was missing is whole again with it. Whoever is a version further has refreshed what came of that token:
 * ours is over.
 */
function isLater({ status, version, facts }: ConnectionRecord, from: number, { askedAtMs }: ReceivedTokens): boolean {
  if (version !== from + 1) return true;
  if (status === 'active') return (facts.refreshedAtMs ?? facts.connectedAtMs) >= askedAtMs;
  return facts.lastError?.code !== 'answer_lost' && facts.lastError?.code !== 'refresh_token_refused';
}

function stored(record: ConnectionRecord, { log }: RefreshDeps): RefresherAnswer {
  const { subject, provider, version } = record;
  log({ event: 'connection.refreshed', subject, provider, version });
  return readyAnswer(record);
}

/** Not revoked: a provider with a grace may have given both of us the same. */
function superseded(record: ConnectionRecord, { log }: RefreshDeps): RefresherAnswer {
  const { subject, provider, version } = record;
  log({ event: 'connection.refresh_superseded', subject, provider, version });
  return record.status === 'active' ? readyAnswer(record) : brokenAnswer(record);
}

/** Disconnected or connected anew meanwhile: what came belongs to nobody, and is ended. */
async function replaced(
  connection: ConnectionRecord | undefined,
  earlier: ConnectionRecord,
  { call, refresh }: OpenConnection,
  provider: ProviderConfig,
  deps: RefreshDeps,
): Promise<RefresherAnswer> {
  const { version, facts } = earlier;
  const name = { subject: earlier.subject, provider: earlier.provider };
  deps.log({ event: 'connection.refresh_superseded', ...name, version });
  const tokens = { accessToken: call.secrets.parts['access_token'], refreshToken: refresh?.secrets.refreshToken };
  if (!endsSuccessor(provider, facts, connection)) await revokeTokens(name, provider, facts, tokens, deps);
  if (connection === undefined) return { outcome: 'missing' };
  return connection.status === 'active' ? readyAnswer(connection) : brokenAnswer(connection);
}
