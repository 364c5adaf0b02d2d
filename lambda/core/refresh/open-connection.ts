import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionFacts,
  type ConnectionRecord,
  type CredentialUse,
  personContext,
  type RefreshSecrets,
} from '../../contract/connection-record';
import {
  openSecrets,
  type PersonSeal,
  readCallSecrets,
  readRefreshSecrets,
  sealSecrets,
  wrappedKeyOf,
} from '../connections/seal-connection';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { DataKey } from '../vault/seal-value';
import { BACKEND_MS, type ConnectionName, type RefreshDeps } from './refresh-deps';

/** `unreadable`: it does not open and will not, because it was tampered with or the person's salt is gone. */
export type OpenFailure = BackendFailure | 'unreadable';

type OpenDeps = Pick<RefreshDeps, 'gatewayId' | 'dataKeys' | 'now'>;

type Sealed = ConnectionName & Pick<ConnectionRecord, 'version' | 'facts'>;

interface Opened<T> {
  readonly secrets: T;
  readonly dataKey: DataKey;
}

export interface OpenConnection {
  readonly salt: string;
  readonly call: Opened<CallSecrets>;
  readonly refresh?: Opened<RefreshSecrets>;
}

/** Everything that is sealed in a connection, and the data keys to seal it again by. */
export async function openConnection(
  record: ConnectionRecord,
  salt: string | undefined,
  deps: OpenDeps,
): Promise<Result<OpenConnection, OpenFailure>> {
  if (salt === undefined) return err('unreadable');
  const [call, refresh] = await Promise.all([
    openEnvelope(record.call, 'call', record, salt, readCallSecrets, deps),
    record.refresh === undefined ? ok(undefined) : openRefresh(record, record.refresh, salt, deps),
  ]);
  if (!call.ok) return call;
  if (!refresh.ok) return refresh;
  if (refresh.value === undefined && !isSameDestination(record.facts)) return err('unreadable');
  return ok({ salt, call: call.value, ...(refresh.value && { refresh: refresh.value }) });
}

/** Refused where the facts send its tokens elsewhere than what is sealed: they may have been written by anybody. */
export async function openRefresh(
  record: Sealed,
  sealed: string,
  salt: string,
  deps: OpenDeps,
): Promise<Result<Opened<RefreshSecrets>, OpenFailure>> {
  const opened = await openEnvelope(sealed, 'refresh', record, salt, readRefreshSecrets, deps);
  return !opened.ok || isSameDestination(record.facts, opened.value.secrets) ? opened : err('unreadable');
}

/** Without anything sealed there is no destination to believe in. */
function isSameDestination(facts: ConnectionFacts, { pinned, variables }: RefreshSecrets = {}): boolean {
  return isSameRecord(facts.pinned, pinned) && isSameRecord(facts.variables, variables);
}

/** Members may stand in another order: whoever writes them again does not promise one. */
function isSameRecord(a: object | undefined, b: object | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const other = new Map(Object.entries(b));
  const own = Object.entries(a);
  return own.length === other.size && own.every(([name, value]) => other.has(name) && other.get(name) === value);
}

async function openEnvelope<T>(
  sealed: string,
  use: CredentialUse,
  record: Omit<Sealed, 'facts'>,
  salt: string,
  read: (value: Readonly<Record<string, unknown>>) => T | undefined,
  deps: OpenDeps,
): Promise<Result<Opened<T>, OpenFailure>> {
  const seal = sealOf(record, use, record.version, salt, deps);
  const wrapped = wrappedKeyOf(sealed);
  if (wrapped === undefined) return err('unreadable');
  const plaintext = await deps.dataKeys.unwrap(wrapped, seal.context, deps.now() + BACKEND_MS);
  // KMS refuses a data key that was made under another context: for another person, provider, gateway or use.
  if (!plaintext.ok) return err(plaintext.error.kind === 'invalid' ? 'unreadable' : plaintext.error);
  const opened = openSecrets(sealed, plaintext.value, seal);
  const secrets = opened.ok ? read(opened.value) : undefined;
  return secrets === undefined ? err('unreadable') : ok({ secrets, dataKey: { plaintext: plaintext.value, wrapped } });
}

/**
 * Seals under the data keys it was opened by: `mcp` has them at hand and needs no KMS call after a refresh. Another
 * version and a new iv each time.
 */
export function sealAgain(
  name: ConnectionName,
  version: number,
  { salt, call, refresh }: OpenConnection,
  deps: Pick<RefreshDeps, 'gatewayId' | 'randomBytes'>,
): { readonly call: string; readonly refresh?: string } {
  const seal = <T extends object>({ secrets, dataKey }: Opened<T>, use: CredentialUse) =>
    sealSecrets(secrets, dataKey, sealOf(name, use, version, salt, deps), deps.randomBytes(12));
  return { call: seal(call, 'call'), ...(refresh && { refresh: seal(refresh, 'refresh') }) };
}

function sealOf(
  { subject, provider }: ConnectionName,
  use: CredentialUse,
  version: number,
  salt: string,
  { gatewayId }: Pick<RefreshDeps, 'gatewayId'>,
): PersonSeal {
  const context = personContext(gatewayId, subject, provider, use);
  return { salt, context, itemKey: CONNECTION_KEYS.connection(subject, provider), version };
}
