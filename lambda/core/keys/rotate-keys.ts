import { AUTH_KEYS, type SigningKeyRecord, type SigningKeysRecord } from '../../contract/auth-record';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { SigningKeyMaker } from './key-ports';
import { KEYS_LIFETIME, loadSigningKeys, type SigningKeysDeps } from './load-signing-keys';
import type { KeysRequest } from './parse-keys-request';

export interface RotationDeps extends SigningKeysDeps {
  readonly keyMaker: SigningKeyMaker;
  readonly accessTokenMs: number;
  /** Age at which a key gets a successor. */
  readonly rotateAfterMs: number;
  readonly randomId: () => string;
}

export interface KeysReport {
  /**
   * `rotated`: the key named is published. `not_due`: nothing to do. `waiting`: a rotation is under way, its key signs
   * soon. `in_progress`: another invocation is making a key at this moment. `superseded`: another invocation took over.
   */
  readonly outcome: 'rotated' | 'not_due' | 'waiting' | 'in_progress' | 'superseded';
  /** The newest key. */
  readonly kid?: string;
  /** ISO 8601; when it begins to sign. */
  readonly signFrom?: string;
  /** ARNs of the keys that were scheduled for deletion. */
  readonly deleted: readonly string[];
}

const HOUR_MS = 3_600_000;
/** Verifiers remember a key set for ten minutes: before this is over, all of them have the new key. */
const PUBLISHED_BEFORE_MS = HOUR_MS;
/** An invocation is over within a minute; one that has shown nothing for two has died. */
const DEAD_AFTER_MS = 2 * 60_000;
const MAX_TRIES = 10;

type Step<T> = Promise<Result<T, BackendFailure>>;

/**
 * Rotates the signing keys, and ends those that nothing is verified with any more. May die anywhere and run any number
 * of times at once: each change of the record is one conditional write, and a key is made only by whoever has written
 * that they will. What cannot be recorded is the moment between a key's making and the note of its ARN; a key lost
 * there signs nothing, and is found by its tag.
 */
export async function rotateKeys(request: KeysRequest, deps: RotationDeps): Step<KeysReport> {
  const deleted = await retireKeys(deps);
  if (!deleted.ok) return deleted;
  const rotated = await rotate(request, deps);
  return rotated.ok ? ok({ ...rotated.value, deleted: deleted.value }) : rotated;
}

/** Takes keys out of the record whose time is over. Deletes first: a key that is still in the record is tried again. */
async function retireKeys(deps: RotationDeps): Step<readonly string[]> {
  const loaded = await loadSigningKeys(deps);
  if (!loaded.ok) return loaded;
  const isOver = ({ verifyUntilMs }: SigningKeyRecord) => verifyUntilMs !== undefined && verifyUntilMs <= deps.now();
  const over = loaded.value.record.keys.filter(isOver);
  if (over.length === 0) return ok([]);
  const deleted = over.filter(({ isOwn }) => isOwn).map(({ keyArn }) => keyArn);
  for (const keyArn of deleted) {
    const scheduled = await deps.keyMaker.scheduleDeletion(keyArn);
    if (!scheduled.ok) return scheduled;
  }
  const changed = await changeRecord(deps, (record) => {
    const keys = record.keys.filter((key) => !over.some(({ keyArn }) => keyArn === key.keyArn));
    return keys.length < record.keys.length ? { ...record, keys } : undefined;
  });
  return changed.ok ? ok(deleted) : changed;
}

async function rotate(request: KeysRequest, deps: RotationDeps): Step<Omit<KeysReport, 'deleted'>> {
  const id = deps.randomId();
  const claimed = await changeRecord(deps, (record) => {
    if (record.pending?.keyArn !== undefined || whyNot(request, record, deps) !== undefined) return undefined;
    return { ...record, pending: { id, startedAtMs: deps.now() } };
  });
  if (!claimed.ok) return claimed;
  const { pending, keys } = claimed.value;
  if (pending?.keyArn !== undefined) return publish(pending.keyArn, request, deps);
  if (pending?.id !== id) return ok(report(whyNot(request, claimed.value, deps) ?? 'in_progress', keys[0]));
  return makeKey(id, request, deps);
}

/** Why a rotation that nobody wants at once is not to begin now. */
function whyNot(
  request: KeysRequest,
  { keys: [newest], pending }: SigningKeysRecord,
  { now, rotateAfterMs }: Pick<RotationDeps, 'now' | 'rotateAfterMs'>,
): 'in_progress' | 'waiting' | 'not_due' | undefined {
  if (request.action === 'rotate' && request.now) return undefined;
  const nowMs = now();
  if (pending !== undefined) return nowMs - pending.startedAtMs < DEAD_AFTER_MS ? 'in_progress' : undefined;
  if (newest === undefined) return undefined;
  if (newest.signFromMs > nowMs) return 'waiting';
  return request.action === 'maintain' && nowMs - newest.signFromMs < rotateAfterMs ? 'not_due' : undefined;
}

/** Makes the key that was announced under this id, and notes its ARN. */
async function makeKey(id: string, request: KeysRequest, deps: RotationDeps): Step<Omit<KeysReport, 'deleted'>> {
  const made = await deps.keyMaker.create();
  const noted = await changeRecord(deps, (record) => {
    const { pending, ...rest } = record;
    if (pending?.id !== id) return undefined;
    // Without a key, the next invocation may begin at once.
    return made.ok ? { ...rest, pending: { ...pending, keyArn: made.value } } : rest;
  });
  if (!made.ok) return made;
  // Not deleted: the note may be there, and somebody may have published the key by now.
  if (!noted.ok) return noted;
  const { pending, keys } = noted.value;
  const isNoted = pending?.keyArn === made.value || keys.some(({ keyArn }) => keyArn === made.value);
  if (isNoted) return publish(made.value, request, deps);
  const deleted = await deps.keyMaker.scheduleDeletion(made.value);
  return deleted.ok ? ok(report('superseded', keys[0])) : deleted;
}

/** Puts the announced key in front of the others, whoever made it. */
async function publish(keyArn: string, request: KeysRequest, deps: RotationDeps): Step<Omit<KeysReport, 'deleted'>> {
  const isAtOnce = request.action === 'rotate' && request.now;
  const publicKey = await deps.publicKeys.publicKey(keyArn);
  if (!publicKey.ok) {
    if (isGone(publicKey.error)) {
      await changeRecord(deps, ({ pending, ...rest }) => (pending?.keyArn === keyArn ? rest : undefined));
    }
    return publicKey;
  }
  const published = await changeRecord(deps, (record) => {
    const there = record.keys.find((key) => key.keyArn === keyArn);
    const isWanted =
      there === undefined ? record.pending?.keyArn === keyArn : isAtOnce && there.signFromMs > deps.now();
    return isWanted ? withKey(record, { keyArn, ...publicKey.value }, isAtOnce, deps) : undefined;
  });
  if (!published.ok) return published;
  const { keys } = published.value;
  const there = keys.find((key) => key.keyArn === keyArn);
  return ok(there === undefined ? report('superseded', keys[0]) : report('rotated', there));
}

/** A key that somebody has taken away by hand: waiting for it would stop every rotation to come. */
function isGone({ name }: BackendFailure): boolean {
  return ['NotFoundException', 'KMSInvalidStateException', 'DisabledException'].includes(name);
}

/** The record with a new key in front; the others verify until nothing they may have signed is left. */
function withKey(
  { keys }: SigningKeysRecord,
  key: Pick<SigningKeyRecord, 'keyArn' | 'kid' | 'publicJwk'>,
  isAtOnce: boolean,
  { now, accessTokenMs }: Pick<RotationDeps, 'now' | 'accessTokenMs'>,
): SigningKeysRecord {
  const signFromMs = isAtOnce ? now() : now() + PUBLISHED_BEFORE_MS;
  const overMs = isAtOnce ? signFromMs : signFromMs + accessTokenMs + HOUR_MS;
  const others = keys
    .filter(({ keyArn }) => keyArn !== key.keyArn)
    .map((other) => ({ ...other, verifyUntilMs: Math.min(other.verifyUntilMs ?? overMs, overMs) }));
  return { keys: [{ ...key, signFromMs, isOwn: true }, ...others] };
}

/** Changes the record as it is at that moment, or leaves it where `change` gives nothing. Gives it as it then is. */
async function changeRecord(
  deps: RotationDeps,
  change: (record: SigningKeysRecord) => SigningKeysRecord | undefined,
): Step<SigningKeysRecord> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const loaded = await loadSigningKeys(deps);
    if (!loaded.ok) return loaded;
    const { version, record } = loaded.value;
    const changed = change(record);
    if (changed === undefined) return ok(record);
    const written = await deps.store.replace(AUTH_KEYS.signingKeys(), version, changed, KEYS_LIFETIME);
    if (!written.ok) return written;
    if (written.value.won) return ok(changed);
  }
  return err({ service: 'dynamodb', kind: 'unavailable', name: 'RecordChanging' });
}

function report(outcome: KeysReport['outcome'], key: SigningKeyRecord | undefined): Omit<KeysReport, 'deleted'> {
  return key === undefined ? { outcome } : { outcome, kid: key.kid, signFrom: new Date(key.signFromMs).toISOString() };
}
