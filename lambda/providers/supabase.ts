import type { ProviderFacts } from './provider-facts';

export const supabase: ProviderFacts = {
  id: 'supabase',
  name: 'Supabase',
  oauth: {
    authorizationEndpoint: 'https://api.supabase.com/v1/oauth/authorize',
    tokenEndpoint: 'https://api.supabase.com/v1/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['organizations:read', 'projects:read', 'database:read'],
    refresh: { issued: true, rotation: 'sometimes' },
  },
  apiKey: {
    headers: { Authorization: 'Bearer {key}' },
    help: 'https://supabase.com/dashboard/account/tokens',
  },
  apiBaseUrl: 'https://api.supabase.com/v1',
  mcp: [{ url: 'https://mcp.supabase.com/mcp', registration: 'dynamic', notes: 'A key works too.' }],
  secretPatterns: [
    { name: 'supabase-pat', pattern: '\\bsbp_[A-Za-z0-9]{40}\\b' },
    { name: 'supabase-secret-key', pattern: '\\bsb_secret_[A-Za-z0-9_]+' },
  ],
  notes: [
    'Revocation wants the client secret in a JSON body and is not done: end access in the dashboard.',
    'Nothing says whose account a token is for.',
    'The hosted MCP server takes `read_only=true` and `project_ref` in its URL; use them.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/supabase-community/supabase-mcp',
      'endpoint metadata as a third party recorded it on 2026-07-19',
      'reports of client authors',
    ],
  },
};
