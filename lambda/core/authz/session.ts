import { createHmac } from 'node:crypto';
import { AUTH_KEYS, type PersonRecord, type SessionRecord, type SwitchRecord } from '../../contract/auth-record';
import { isSwitchedOff } from '../grant-state';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import { clearCookie, readCookie, SESSION_COOKIE, setCookie } from './cookies';
import { hashOf } from './handle';
import type { AuthzTools, Stored } from './ports';

/** A person's session on the account page ends after so long, used or not. */
export const SESSION_SECONDS = 3600;

const SECRET_BYTES = 32;

/** A session that counts. */
export interface Session {
  readonly person: PersonRecord;
  /** What every form of the session carries. Derived from the cookie's value, which no page and no table holds. */
  readonly csrf: string;
  /** What can end the person's grants as well, as it was read. */
  readonly switches: readonly (SwitchRecord | undefined)[];
  readonly stored: Stored<SessionRecord>;
  readonly id: string;
}

/**
 * Opens a session for a person who has just signed in.
 *
 * @returns the value of `Set-Cookie`; the table gets its hash only
 */
export async function openSession(
  person: PersonRecord,
  tools: Pick<AuthzTools, 'store' | 'now' | 'randomBytes'>,
): Promise<Result<string, BackendFailure>> {
  const secret = Buffer.from(tools.randomBytes(SECRET_BYTES)).toString('base64url');
  const createdAtMs = tools.now();
  const record: SessionRecord = { person, createdAtMs };
  const lifetime = { validUntilMs: createdAtMs + SESSION_SECONDS * 1000 };
  const written = await tools.store.create(AUTH_KEYS.session(hashOf(secret)), record, lifetime);
  return written.ok ? ok(setCookie(SESSION_COOKIE, secret, SESSION_SECONDS)) : written;
}

/**
 * The session of a request. `none`: its cookie names none that counts, and a new sign-in leads to one. `blocked`: the
 * person or the gateway is switched off, and no sign-in helps; starting one would go round in circles.
 */
export async function readSession(
  headers: Readonly<Record<string, string>>,
  { store }: Pick<AuthzTools, 'store'>,
): Promise<Result<Session | 'none' | 'blocked', BackendFailure>> {
  const secret = readCookie(headers, SESSION_COOKIE);
  if (secret === undefined || !/^[\w-]{43}$/.test(secret)) return ok('none');
  const id = hashOf(secret);
  const read = await store.read([AUTH_KEYS.session(id)]);
  if (!read.ok) return read;
  const stored = read.value[0] as Stored<SessionRecord> | undefined;
  if (stored === undefined) return ok('none');
  const { person, createdAtMs } = stored.record;
  const found = await store.read([AUTH_KEYS.personSwitch(person.subject), AUTH_KEYS.gatewaySwitch()]);
  if (!found.ok) return found;
  const switches = found.value.map((one) => one?.record as SwitchRecord | undefined);
  if (switches.some((one) => one?.blocked)) return ok('blocked');
  if (switches.some((one) => isSwitchedOff(one, createdAtMs))) return ok('none');
  return ok({ person, csrf: createHmac('sha256', secret).update('account').digest('base64url'), switches, stored, id });
}

/**
 * Ends a session in the table too, so that a copy of its cookie is worth nothing.
 *
 * @returns the value of `Set-Cookie` that removes it from the browser
 */
export async function endSession(
  { id, stored }: Session,
  { store, now }: Pick<AuthzTools, 'store' | 'now'>,
): Promise<Result<string, BackendFailure>> {
  // Nothing else changes a session: a version that is gone means that it was ended in another tab.
  const written = await store.replace(AUTH_KEYS.session(id), stored.version, stored.record, { validUntilMs: now() });
  return written.ok ? ok(clearCookie(SESSION_COOKIE)) : written;
}
