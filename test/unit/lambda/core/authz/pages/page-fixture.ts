import { createHash } from 'node:crypto';
import type { BrandingConfig } from '../../../../../../lambda/config/gateway-config';
import type { ClientFacts, GrantRecord } from '../../../../../../lambda/contract/auth-record';
import type { AuthzAnswer } from '../../../../../../lambda/core/authz/http';
import type { ConsentPageModel } from '../../../../../../lambda/core/authz/pages/models';

export const BRANDING: BrandingConfig = { name: 'Acme MCP' };

export const CLIENTS = {
  web: {
    clientId: 'https://claude.ai/oauth/client.json',
    kind: 'metadata_document',
    name: 'Claude',
    host: 'claude.ai',
    authentication: 'none',
  },
  dynamic: { clientId: 'dyn-1', kind: 'dynamic', name: 'Cursor', authentication: 'none' },
  registered: { clientId: 'reports', kind: 'registered', name: 'Reports', authentication: 'none' },
} as const satisfies Record<string, ClientFacts>;

export const NOW_MS = Date.UTC(2026, 10, 1, 12);

export function consentModel(request: Partial<ConsentPageModel['request']> = {}): ConsentPageModel {
  return {
    gatewayUrl: 'https://mcp.acme.example',
    branding: BRANDING,
    request: {
      client: CLIENTS.web,
      redirectUri: 'https://claude.ai/api/mcp/auth_callback',
      scopes: ['mcp:tools'],
      resource: 'https://mcp.acme.example/mcp/stripe',
      ...request,
    },
    person: { displayName: 'ada@acme.example' },
    upstreamNames: ['stripe', 'github'],
    identityProvider: 'https://login.acme.example/tenant',
    grantIdleSeconds: 30 * 86_400,
    grantMaxSeconds: 90 * 86_400,
    tx: 'tagtagta',
    csrf: 'csrf-of-the-handle',
  };
}

export function grant(grantId: string, values: Partial<GrantRecord> = {}): GrantRecord {
  return {
    grantId,
    person: { subject: 's'.repeat(43), displayName: 'ada', groups: [], isAdministrator: false, authenticatedAtMs: 1 },
    client: CLIENTS.web,
    phase: 'active',
    origin: 'consent',
    scopes: ['mcp:tools'],
    resource: 'https://mcp.acme.example/mcp/stripe',
    redirectUri: 'https://claude.ai/api/mcp/auth_callback',
    generation: 1,
    createdAtMs: NOW_MS - 3 * 86_400_000,
    lastUsedAtMs: NOW_MS - 2 * 3_600_000,
    endsAtMs: NOW_MS + 86_400_000,
    ...values,
  };
}

/** What a person reads, a line each. */
export function textOf({ body }: AuthzAnswer): string {
  return (/<main>(.*)<\/main>/s.exec(body)?.[1] ?? '')
    .replace(/<\/?(bdi|strong|time|span|a)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, '\n')
    .replace(/\s*\n\s*/g, '\n')
    .trim();
}

/** The hash the policy has to name. */
export function styleHash({ body }: AuthzAnswer): string {
  const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}
