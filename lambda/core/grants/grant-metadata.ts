import type { GrantRecord } from '../../contract/auth-record';
import type { GrantMetadata, GrantStatus } from '../../contract/grants-api';

/** What an administrator sees of a grant: field by field, so that nothing else of the record reaches an answer. */
export function grantMetadata(grant: GrantRecord, nowMs: number): GrantMetadata {
  const { client, person } = grant;
  return {
    grantId: grant.grantId,
    subject: person.subject,
    person: person.displayName,
    clientId: client.clientId,
    clientName: client.name,
    ...(client.host === undefined ? {} : { clientHost: client.host }),
    redirectHost: redirectHost(grant.redirectUri),
    resource: grant.resource,
    scopes: grant.scopes,
    status: statusOf(grant, nowMs),
    createdAt: new Date(grant.createdAtMs).toISOString(),
    ...(grant.lastUsedAtMs === undefined ? {} : { lastUsedAt: new Date(grant.lastUsedAtMs).toISOString() }),
  };
}

function statusOf(grant: GrantRecord, nowMs: number): GrantStatus {
  if (grant.phase === 'revoked') return 'revoked';
  if (grant.endsAtMs <= nowMs) return 'expired';
  return grant.phase === 'code' ? 'pending' : 'active';
}

/** Of a private-use scheme there is only the scheme. */
function redirectHost(uri: string | undefined): string {
  if (uri === undefined || !URL.canParse(uri)) return '';
  const { host, protocol } = new URL(uri);
  return host || protocol;
}
