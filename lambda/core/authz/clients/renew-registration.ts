import type { AuthorizationServerConfig } from '../../../config/gateway-config';
import { AUTH_KEYS, type ClientFacts, type RegistrationRecord } from '../../../contract/auth-record';
import type { AuthzTools, Stored } from '../ports';
import { clientHash } from './client';

export const DAY_MS = 86_400_000;

type Options = Pick<AuthzTools, 'store' | 'now'> & {
  readonly config: Pick<AuthorizationServerConfig, 'dynamicRegistration' | 'grantMaxSeconds'>;
};

/**
 * A person has let a client that registered itself act for them: it is in use as long as a grant made now may live,
 * and only then begins to be unused. What nobody consented to ends by itself; anybody can register and ask.
 *
 * Not a condition of anything: whoever loses a race, or the table, has it renewed with the next consent.
 */
export async function renewRegistration(
  { clientId, kind }: ClientFacts,
  { store, now, config }: Options,
): Promise<void> {
  if (kind !== 'dynamic') return;
  const key = AUTH_KEYS.registration(clientHash(clientId));
  const read = await store.read([key]);
  const stored = read.ok ? (read.value[0] as Stored<RegistrationRecord> | undefined) : undefined;
  if (stored === undefined) return;
  const { version, record } = stored;
  const nowMs = now();
  if (record.lastUsedAtMs > record.createdAtMs && nowMs - record.lastUsedAtMs <= DAY_MS) return;
  const { unusedDays } = config.dynamicRegistration;
  const lifetime = { validUntilMs: nowMs + config.grantMaxSeconds * 1000 + unusedDays * DAY_MS };
  await store.replace(key, version, { ...record, lastUsedAtMs: nowMs }, lifetime);
}
