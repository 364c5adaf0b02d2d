import type { ProviderConfig } from '../../config/gateway-config';
import type { ConnectionFacts, ConnectionRecord } from '../../contract/connection-record';
import type { ConnectionName, RefreshDeps } from './refresh-deps';

const TRIES = 3;
const FIRST_PAUSE_MS = 200;
/** Somebody waits for a disconnect. */
const LONGEST_PAUSE_MS = 2_000;

/** What a provider is to forget. */
export interface RevocableTokens {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** Ends tokens at the provider, where it has a way; says whether it did. The gateway uses them no longer by then. */
export async function revokeTokens(
  name: ConnectionName,
  provider: ProviderConfig,
  facts: ConnectionFacts,
  tokens: RevocableTokens,
  { client, sleep, random, log }: Pick<RefreshDeps, 'client' | 'sleep' | 'random' | 'log'>,
): Promise<boolean> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let tries = 1; ; tries += 1) {
    const revoked = await client.revoke(provider, facts, tokens);
    if (revoked.ok) return revoked.value;
    const { kind, cause, retryAfterMs = 0 } = revoked.error;
    if (kind !== 'unavailable' || tries === TRIES || retryAfterMs > LONGEST_PAUSE_MS) {
      log({ event: 'connection.revoke_failed', subject: name.subject, provider: name.provider, cause });
      return false;
    }
    await sleep(Math.max(retryAfterMs, pauseMs * (0.5 + random() / 2)));
    pauseMs *= 2;
  }
}

/** Whether the end of one connection's tokens ends those of its successor, because it is of the same account. */
export function endsSuccessor(
  provider: ProviderConfig,
  earlier: Pick<ConnectionFacts, 'account'>,
  successor: ConnectionRecord | undefined,
): boolean {
  if (successor === undefined || provider.facts.oauth?.revocation?.ends !== 'grant') return false;
  const [one, other] = [earlier.account, successor.facts.account];
  // Where nobody knows whose accounts they are, they may be the same.
  if (one === undefined || other === undefined) return true;
  return one.id === other.id && one.workspaceId === other.workspaceId;
}
