import type { ConnectionFacts, ConnectionRecord } from '../../contract/connection-record';
import type { ProviderTokens } from '../connections/provider-port';
import { endsSuccessor } from '../refresh/revoke-tokens';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';

/** What became of what a person had allowed: ended at the platform, of use to what is connected there, or not ended. */
export type Returned = 'returned' | 'shared' | 'left';

/** Somebody waits for a page. */
const PATIENCE_MS = 1_500;

/**
 * Ends tokens nobody will use: what may not be kept, or could not be, must not live on at the platform.
 *
 * `beside`: what else is connected there. Where one token's end is the end of all the person's tokens, that of the
 * same account would die with it; it is then left alone, and the tokens end when they expire.
 */
export async function giveBack(
  provider: ConnectableConfig,
  facts: ConnectionFacts,
  { accessToken, refreshToken }: ProviderTokens,
  beside: ConnectionRecord | undefined,
  deps: ConnectDeps,
): Promise<Returned> {
  const log = (outcome: string) => deps.log({ event: 'connect.given_back', outcome, provider: provider.name });
  if (endsSuccessor(provider, facts, beside)) {
    log('left for the connected one');
    return 'shared';
  }
  const revoked = await deps.connect.client.revoke(provider, facts, { accessToken, refreshToken });
  log(revoked.ok ? (revoked.value ? 'ok' : 'not offered') : `${revoked.error.kind}: ${revoked.error.cause}`);
  return revoked.ok && revoked.value ? 'returned' : 'left';
}

/** Ends what a reconnect replaced. The new connection does not wait for it, and does not fail with it. */
export async function endReplaced(
  provider: ConnectableConfig,
  replaced: ConnectionRecord | undefined,
  deps: ConnectDeps,
): Promise<void> {
  if (replaced?.refresh === undefined) return;
  const { subject, version, facts, refresh } = replaced;
  const request = { action: 'revoke', subject, provider: provider.name, version, facts, refresh } as const;
  // It goes on to its end, whether or not anybody waits so long.
  const told = await deps.connect.refresher.ask(request, deps.now() + PATIENCE_MS);
  const outcome = told.ok ? 'ok' : `${told.error.service}.${told.error.name}`;
  deps.log({ event: 'connect.replaced', outcome, provider: provider.name, subject });
}
