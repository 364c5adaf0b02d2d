import type { ConnectionRecord } from '../../contract/connection-record';
import type { ConnectionView } from '../../contract/connections-api';
import { problemWords } from './problem-words';

/** What is shown of a connection: field by field, so that nothing sealed reaches an answer. `name`: the platform's. */
export function connectionView(
  { provider, status, facts, lastUsedAtMs }: ConnectionRecord,
  name: string,
): ConnectionView {
  const { kind, account, scopes, connectedAtMs, refreshedAtMs, lastError } = facts;
  return {
    provider,
    name,
    kind,
    status,
    ...(account === undefined ? {} : { account }),
    scopes,
    connectedAt: iso(connectedAtMs),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: iso(lastUsedAtMs) }),
    ...(refreshedAtMs === undefined ? {} : { refreshedAt: iso(refreshedAtMs) }),
    ...(lastError === undefined
      ? {}
      : { lastError: { code: lastError.code, at: iso(lastError.atMs), message: problemWords(lastError.code) } }),
  };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
