import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionFacts,
  type ConnectionRecord,
  type CredentialUse,
  personContext,
  type RefreshSecrets,
} from '../../contract/connection-record';
import { nextVersion } from '../connections/next-version';
import type { ConnectionContents, ConnectionState } from '../connections/ports';
import { type PersonSeal, sealSecrets } from '../connections/seal-connection';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { DataKey } from '../vault/seal-value';
import type { ConnectDeps } from './connect-deps';

/** What is to be kept of an account somebody has just linked. */
export interface NewConnection {
  readonly subject: string;
  readonly provider: string;
  readonly facts: ConnectionFacts;
  readonly call: CallSecrets;
  readonly refresh?: RefreshSecrets | undefined;
  readonly tokenExpiresAtMs?: number | undefined;
}

export interface Kept {
  readonly record: ConnectionRecord;
  /** What it took the place of. */
  readonly replaced: ConnectionRecord | undefined;
}

/** `unknown`: a write gave no answer, and nobody says whether it took effect. Its tokens may be in use. */
export type KeepFailure = BackendFailure | 'platform_off' | 'unknown';

/** Each lost race means that somebody else's write got through: a refresh, or the same person in another tab. */
const MAX_RACES = 8;
const MAX_TRIES = 4;
const PAUSE_MS = 150;
const READ_MS = 3_000;
const SALT_BYTES = 32;
const IV_BYTES = 12;

/**
 * Seals and stores a connection in the place of whatever is there, whole or not at all.
 *
 * What fails in passing is tried again: the platform's code is spent by now, and the person would have to start anew.
 */
export async function keepConnection(made: NewConnection, deps: ConnectDeps): Promise<Result<Kept, KeepFailure>> {
  const { subject, provider, facts } = made;
  const { connections, keys } = deps.connect;
  const again = <T>(step: () => Promise<Result<T, BackendFailure>>) => persist(step, deps);
  const contextOf = (use: CredentialUse) => personContext(deps.connect.gatewayId, subject, provider, use);

  const fresh = { salt: base64url(deps.randomBytes(SALT_BYTES)), createdAtMs: deps.now() };
  const [salt, callKey, refreshKey] = await Promise.all([
    again(() => connections.ensureSalt(subject, fresh)),
    again(() => keys.make(contextOf('call'))),
    made.refresh && again(() => keys.make(contextOf('refresh'))),
  ]);
  if (!salt.ok) return salt;
  if (!callKey.ok) return callKey;
  if (refreshKey?.ok === false) return refreshKey;

  const seal = (value: object, use: CredentialUse, dataKey: DataKey, version: number) => {
    const itemKey = CONNECTION_KEYS.connection(subject, provider);
    const bound: PersonSeal = { salt: salt.value.salt, context: contextOf(use), itemKey, version };
    return sealSecrets(value, dataKey, bound, deps.randomBytes(IV_BYTES));
  };
  let replaced: ConnectionRecord | undefined;
  for (let races = 0; races < MAX_RACES; races += 1) {
    const read = await again(() => connections.read(subject, provider, deps.now() + READ_MS));
    // A write that lost may have won before, with its answer gone.
    if (!read.ok) return races === 0 ? read : err('unknown');
    const { connection, providerSwitch }: ConnectionState = read.value;
    // Written by us, by an attempt whose answer got lost.
    if (connection?.facts.connectionId === facts.connectionId) return ok({ record: connection, replaced });
    if (providerSwitch?.blocked) return err('platform_off');
    replaced = connection;
    const expected = connection?.version ?? 0;
    const version = nextVersion(expected, facts);
    const contents: ConnectionContents = {
      status: 'active',
      facts,
      call: seal(made.call, 'call', callKey.value, version),
      refresh: made.refresh && refreshKey && seal(made.refresh, 'refresh', refreshKey.value, version),
      tokenExpiresAtMs: made.tokenExpiresAtMs,
    };
    const written = await again(() => connections.put(subject, provider, expected, contents));
    if (written.ok && written.value !== undefined) return ok({ record: written.value, replaced });
    if (!written.ok) return settle(written.error, made, replaced, deps);
  }
  return err('unknown');
}

/** A write that failed may have taken effect. */
async function settle(
  failure: BackendFailure,
  { subject, provider, facts }: NewConnection,
  replaced: ConnectionRecord | undefined,
  deps: ConnectDeps,
): Promise<Result<Kept, BackendFailure | 'unknown'>> {
  const { connections } = deps.connect;
  const read = await persist(() => connections.read(subject, provider, deps.now() + READ_MS), deps);
  if (!read.ok) return err('unknown');
  const found = read.value.connection;
  return found?.facts.connectionId === facts.connectionId ? ok({ record: found, replaced }) : err(failure);
}

/** Tries again what may pass by waiting. */
async function persist<T>(
  step: () => Promise<Result<T, BackendFailure>>,
  { connect }: ConnectDeps,
): Promise<Result<T, BackendFailure>> {
  for (let tries = 1; ; tries += 1) {
    const done = await step();
    if (done.ok || tries === MAX_TRIES || !isPassing(done.error)) return done;
    await connect.pause(PAUSE_MS * 2 ** (tries - 1));
  }
}

function isPassing({ kind }: BackendFailure): boolean {
  return kind === 'throttled' || kind === 'unavailable';
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
