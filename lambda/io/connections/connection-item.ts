import {
  CONNECTION_ATTRIBUTES as A,
  CONNECTION_KEYS,
  type ConnectionRecord,
  type PersonSalt,
  PROVIDER_SWITCH_ATTRIBUTES,
  type ProviderSwitch,
  SALT_ATTRIBUTES,
} from '../../contract/connection-record';
import { readFacts } from '../../core/connections/read-facts';
import { isSalt } from '../../core/connections/seal-connection';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import { type Item, integer, MALFORMED_RECORD } from '../aws/dynamodb-item';

/** Reads an item if there is one. Nothing of one that is not whole is believed. */
export function parseItem<T>(
  item: Item | undefined,
  parse: (item: Item) => T | undefined,
): Result<T | undefined, BackendFailure> {
  const parsed = item && parse(item);
  return item !== undefined && parsed === undefined ? err(MALFORMED_RECORD) : ok(parsed);
}

export function parseConnection(item: Item): ConnectionRecord | undefined {
  // What is there and not what it should be reads as '' or NaN, so that it is not taken for absent.
  const text = (name: string) => (item[name] === undefined ? undefined : (item[name]?.S ?? ''));
  const count = (name: string) => (item[name] === undefined ? undefined : (integer(item[name]?.N) ?? Number.NaN));
  const pk = text(A.pk);
  const [, subject, provider] = pk?.split('#') ?? [];
  const status = text(A.status);
  const facts = readFacts(text(A.facts) ?? '');
  const call = text(A.call);
  const version = count(A.version);
  if (!subject || !provider || pk !== CONNECTION_KEYS.connection(subject, provider)) return undefined;
  if ((status !== 'active' && status !== 'broken') || !facts || !call || !version) return undefined;
  const optional = {
    refresh: text(A.refresh),
    tokenExpiresAtMs: count(A.tokenExpiresAt),
    retryAtMs: count(A.retryAt),
    lastUsedAtMs: count(A.lastUsedAt),
  };
  const lease = { id: text(A.leaseId), untilMs: count(A.leaseUntil) };
  const hasLease = lease.id !== undefined || lease.untilMs !== undefined;
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  if (present.some(([, value]) => value === '' || Number.isNaN(value))) return undefined;
  if (hasLease && !(lease.id && lease.untilMs)) return undefined;
  const whole = { subject, provider, status, version, facts, call, ...Object.fromEntries(present) } as const;
  return hasLease ? { ...whole, lease: lease as NonNullable<ConnectionRecord['lease']> } : whole;
}

export function parseSalt(item: Item): PersonSalt | undefined {
  const salt = item[SALT_ATTRIBUTES.salt]?.S;
  const createdAtMs = integer(item[SALT_ATTRIBUTES.createdAt]?.N);
  return isSalt(salt) && createdAtMs !== undefined ? { salt, createdAtMs } : undefined;
}

export function parseSwitch(item: Item): ProviderSwitch | undefined {
  const { status, updatedAt, updatedBy } = PROVIDER_SWITCH_ATTRIBUTES;
  const state = item[status]?.S;
  const updatedAtMs = integer(item[updatedAt]?.N);
  const by = item[updatedBy]?.S;
  if ((state !== 'blocked' && state !== 'open') || updatedAtMs === undefined || by === undefined) return undefined;
  return { blocked: state === 'blocked', updatedAtMs, updatedBy: by };
}
