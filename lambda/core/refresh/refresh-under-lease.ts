import type { ConnectionFacts, ConnectionProblem } from '../../contract/connection-record';
import type { RefresherAnswer } from '../../contract/refresher-api';
import { nextVersion } from '../connections/next-version';
import type { ProviderProblem, ProviderTokens } from '../connections/provider-port';
import { err, type Result } from '../result';
import { backoffMs } from './backoff';
import {
  brokenAnswer,
  hasExpired,
  judgeConnection,
  type RefreshRequest,
  readyAnswer,
  waitsUntil,
} from './judge-connection';
import { type OpenConnection, type OpenFailure, openConnection, sealAgain } from './open-connection';
import type { HeldConnection } from './refresh-connection';
import { BACKEND_MS, PROVIDER_TIMEOUT_MS, type RefreshDeps } from './refresh-deps';
import { storeTokens } from './store-tokens';

/** Asks the provider for whoever holds the lease, and stores what it says. */
export async function refreshUnderLease(
  held: HeldConnection,
  request: RefreshRequest,
  deps: RefreshDeps,
): Promise<RefresherAnswer> {
  const { record } = held;
  const pause = waitsUntil(record, deps.now());
  if (pause !== undefined) {
    await release(held, { facts: record.facts, retryAtMs: record.retryAtMs }, deps);
    return pause;
  }
  const provider = deps.providers.get(record.provider);
  if (provider === undefined) return putOff(held, { kind: 'misconfigured', cause: 'provider_not_configured' }, deps);

  // Opened first: an answer that could not be sealed again would be lost.
  const opened = await openConnection(record, held.salt, deps);
  if (!opened.ok) return notOpened(held, opened.error, deps);
  const refreshToken = opened.value.refresh?.secrets.refreshToken;
  if (refreshToken === undefined) {
    if (request.reason === 'expired' && !hasExpired(record, deps.now())) {
      await release(held, { facts: record.facts }, deps);
      return readyAnswer(record);
    }
    if (request.reason === 'expired') {
      return breakConnection(held, opened.value, 'no_refresh_token', 'no_refresh_token', request, deps);
    }
    return refusedForGood(record.facts, deps.now())
      ? breakConnection(held, opened.value, 'access_revoked', 'access_revoked', request, deps)
      : noteRefusal(held, deps);
  }

  const asked = await ask(held, () => deps.client.refresh(provider, record.facts, refreshToken), deps);
  if (asked.answer.ok) {
    const tokens = { ...asked.answer.value, askedAtMs: asked.askedAtMs, receivedAtMs: deps.now() };
    return storeTokens(held, opened.value, provider, tokens, deps);
  }
  const problem = asked.answer.error;
  const after = { ...held, isUnsettled: asked.isUnsettled };
  if (problem.kind !== 'refused') return putOff(after, problem, deps);
  // Where the first refresh token stays, there is no answer to lose.
  const rotates = provider.facts.oauth?.refresh.rotation !== 'never';
  const why = asked.isUnsettled && rotates ? 'answer_lost' : 'refresh_token_refused';
  return breakConnection(after, opened.value, why, problem.cause, request, deps);
}

/** Refusals are noted so far apart at least. */
const REFUSAL_EVERY_MS = 5 * 60_000;
/** What is further apart are two troubles, not one that goes on. */
const REFUSALS_WITHIN_MS = 30 * 60_000;
const REFUSALS = 6;

/** A token that nobody can replace is not given up for one 401: an upstream in trouble says that to everybody. */
function refusedForGood(facts: ConnectionFacts, nowMs: number): boolean {
  return facts.failures >= REFUSALS - 1 && isNextRefusal(facts, nowMs);
}

function isNextRefusal({ lastError }: ConnectionFacts, nowMs: number): boolean {
  if (lastError?.code !== 'access_revoked') return false;
  const agoMs = nowMs - lastError.atMs;
  return agoMs >= REFUSAL_EVERY_MS && agoMs < REFUSALS_WITHIN_MS;
}

/** The same token once more: if the upstream still refuses it, the call is answered with a link. */
async function noteRefusal(held: HeldConnection, deps: RefreshDeps): Promise<RefresherAnswer> {
  const { record } = held;
  const nowMs = deps.now();
  const { lastError, failures } = record.facts;
  const isNoted = lastError?.code === 'access_revoked' && nowMs - lastError.atMs < REFUSAL_EVERY_MS;
  const noted = {
    ...record.facts,
    failures: isNextRefusal(record.facts, nowMs) ? failures + 1 : 1,
    lastError: { code: 'access_revoked', atMs: nowMs },
  } as const;
  await release(held, { facts: isNoted ? record.facts : noted }, deps);
  return readyAnswer(record);
}

interface Asked {
  readonly answer: Result<ProviderTokens, ProviderProblem>;
  readonly askedAtMs: number;
  readonly isUnsettled: boolean;
}

/** Once, and where there is time for it within the lease once more: what fails often fails for one request. */
async function ask(
  { isUnsettled, leaseUntilMs }: HeldConnection,
  refresh: () => Promise<Result<ProviderTokens, ProviderProblem>>,
  { now, sleep, random }: RefreshDeps,
): Promise<Asked> {
  const askedAtMs = now();
  if (!hasTime(leaseUntilMs, askedAtMs)) {
    return { answer: err({ kind: 'unavailable', cause: 'no_time_left' }), askedAtMs, isUnsettled };
  }
  const first = await refresh();
  const unsettled = isUnsettled || isUnknownEnd(first);
  const isPassing = !first.ok && first.error.kind === 'unavailable' && first.error.retryAfterMs === undefined;
  const pauseMs = 100 + random() * 200;
  if (!isPassing || !hasTime(leaseUntilMs, now() + pauseMs))
    return { answer: first, askedAtMs, isUnsettled: unsettled };
  await sleep(pauseMs);
  const askedAgainAtMs = now();
  const second = await refresh();
  return { answer: second, askedAtMs: askedAgainAtMs, isUnsettled: unsettled || isUnknownEnd(second) };
}

function hasTime(leaseUntilMs: number, nowMs: number): boolean {
  return leaseUntilMs - nowMs > PROVIDER_TIMEOUT_MS;
}

/** The refresh token may be used up: by an answer that got lost, or one that could not be understood. */
function isUnknownEnd(answer: Result<ProviderTokens, ProviderProblem>): boolean {
  return !answer.ok && answer.error.mayHaveHappened === true;
}

/** The provider said no, but not for good: the old token stays, and nobody asks before `retryAtMs`. */
async function putOff(held: HeldConnection, problem: ProviderProblem, deps: RefreshDeps): Promise<RefresherAnswer> {
  const code = problem.kind === 'misconfigured' ? 'provider_refused' : 'provider_unavailable';
  return pauseFor(held, code, problem.cause, problem.retryAfterMs, deps);
}

async function notOpened(held: HeldConnection, failure: OpenFailure, deps: RefreshDeps): Promise<RefresherAnswer> {
  if (failure === 'unreadable') return pauseFor(held, 'unreadable', 'unreadable', undefined, deps);
  // AWS's trouble is none of the provider's: nothing is noted, and the next caller tries at once.
  const { subject, provider, facts } = held.record;
  const problem = 'provider_unavailable';
  deps.log({ event: 'connection.refresh_failed', subject, provider, cause: `${failure.service} ${failure.name}` });
  await release(held, { facts: { ...facts, ...mark(held) } }, deps);
  return { outcome: 'unavailable', problem };
}

async function pauseFor(
  held: HeldConnection,
  problem: ConnectionProblem,
  cause: string,
  retryAfterMs: number | undefined,
  deps: RefreshDeps,
): Promise<RefresherAnswer> {
  const { subject, provider } = held.record;
  const nowMs = deps.now();
  const failures = held.record.facts.failures + 1;
  const retryAtMs = nowMs + backoffMs(failures, deps.random, retryAfterMs);
  const lastError = { code: problem, atMs: nowMs };
  const facts = { ...held.record.facts, failures, lastError, ...mark(held) };
  deps.log({ event: 'connection.refresh_failed', subject, provider, problem, cause, failures, retryAtMs });
  await release(held, { facts, retryAtMs }, deps);
  return { outcome: 'unavailable', problem, retryAtMs };
}

function mark({ isUnsettled }: HeldConnection): Pick<ConnectionFacts, 'unsettled'> {
  return isUnsettled ? { unsettled: true } : {};
}

/** Where it fails, the lease ends by itself. */
async function release(
  { record: { subject, provider }, leaseId }: HeldConnection,
  note: { readonly facts: ConnectionFacts; readonly retryAtMs?: number | undefined },
  { store }: RefreshDeps,
): Promise<void> {
  await store.release(subject, provider, leaseId, note);
}

/**
 * Waiting does not help any more: the person has to connect again. The write holds only if nobody has brought a newer
 * version meanwhile; that one counts then.
 */
async function breakConnection(
  held: HeldConnection,
  opened: OpenConnection,
  problem: ConnectionProblem,
  cause: string,
  request: RefreshRequest,
  deps: RefreshDeps,
): Promise<RefresherAnswer> {
  const { record, leaseId } = held;
  const { subject, provider, version, tokenExpiresAtMs } = record;
  const facts = { ...record.facts, lastError: { code: problem, atMs: deps.now() }, ...mark(held) };
  // Sealed for its version, as ever: what is broken is still revoked when it is disconnected or replaced.
  const sealed = sealAgain(record, nextVersion(version, facts), opened, deps);
  const contents = { status: 'broken', facts, ...sealed, tokenExpiresAtMs } as const;
  const broken = await deps.store.put(subject, provider, version, contents, leaseId);
  if (!broken.ok)
    return pauseFor(held, 'provider_unavailable', `${broken.error.service} ${broken.error.name}`, undefined, deps);
  if (broken.value !== undefined) {
    deps.log({ event: 'connection.broken', subject, provider, version: broken.value.version, problem, cause });
    return brokenAnswer(broken.value);
  }
  const now = await deps.store.read(subject, provider, deps.now() + BACKEND_MS);
  const busy: RefresherAnswer = { outcome: 'unavailable', problem: 'provider_unavailable' };
  if (!now.ok) return busy;
  const { connection } = now.value;
  if (connection?.status === 'active' && connection.version !== version) return readyAnswer(connection);
  return judgeConnection(now.value, request, deps.now()) ?? busy;
}
