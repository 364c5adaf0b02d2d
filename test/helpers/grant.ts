import type { GrantRecord } from '../../lambda/contract/auth-record';

export const SUBJECT = 'SUBJECT0SUBJECT0SUBJECT0SUBJECT0SUBJECT0abc';
export const GRANT_ID = 'GRANT0GRANT0GRANT0abcd';

/** A grant in use, a minute old. */
export function grantRecord(nowMs: number, changes: Partial<GrantRecord> = {}): GrantRecord {
  return {
    grantId: GRANT_ID,
    person: {
      subject: SUBJECT,
      displayName: 'alice@example.com',
      groups: [],
      isAdministrator: false,
      authenticatedAtMs: nowMs - 60_000,
    },
    client: {
      clientId: 'https://agent.example/client.json',
      kind: 'metadata_document',
      name: 'Agent',
      host: 'agent.example',
      authentication: 'none',
    },
    phase: 'active',
    origin: 'consent',
    scopes: ['mcp:tools'],
    resource: 'https://gateway.example/mcp/stripe',
    redirectUri: 'https://agent.example/callback',
    codeHash: 'CODEHASH',
    generation: 3,
    createdAtMs: nowMs - 60_000,
    endsAtMs: nowMs + 86_400_000,
    ...changes,
  };
}
