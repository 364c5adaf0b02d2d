import type { RefresherAnswer, RefresherRequest } from '../../contract/refresher-api';
import { readFacts } from '../connections/read-facts';
import { isObject } from '../json';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import { openRefresh } from './open-connection';
import { BACKEND_MS, type RefreshDeps } from './refresh-deps';
import { endsSuccessor, revokeTokens } from './revoke-tokens';

type RevokeRequest = Extract<RefresherRequest, { readonly action: 'revoke' }>;

const NOT_REVOKED: RefresherAnswer = { outcome: 'done', revokedAtProvider: false };

/** Ends the tokens of a connection that another has taken the place of. */
export async function revokeReplaced(
  request: RevokeRequest,
  deps: RefreshDeps,
): Promise<Result<RefresherAnswer, BackendFailure>> {
  const { subject, provider, version } = request;
  const name = { subject, provider };
  const config = deps.providers.get(provider);
  const facts = isObject(request.facts) ? readFacts(JSON.stringify(request.facts)) : undefined;
  if (config === undefined || facts === undefined) return ok(NOT_REVOKED);
  const read = await deps.store.read(subject, provider, deps.now() + BACKEND_MS);
  if (!read.ok) return read;
  const { connection, salt } = read.value;
  // Not replaced at all, or of the same account, whose tokens end together: what is in use stays so.
  if (connection?.facts.connectionId === facts.connectionId || endsSuccessor(config, facts, connection)) {
    return ok(NOT_REVOKED);
  }
  if (salt === undefined) return ok(NOT_REVOKED);
  const opened = await openRefresh({ ...name, version, facts }, request.refresh, salt.salt, deps);
  if (!opened.ok) {
    if (opened.error !== 'unreadable') return err(opened.error);
    deps.log({ event: 'connection.revoke_failed', ...name, cause: 'unreadable' });
    return ok(NOT_REVOKED);
  }
  const { accessToken, refreshToken } = opened.value.secrets;
  const revokedAtProvider = await revokeTokens(name, config, facts, { accessToken, refreshToken }, deps);
  deps.log({ event: 'connection.replaced_revoked', ...name, version, revokedAtProvider });
  return ok({ outcome: 'done', revokedAtProvider });
}
