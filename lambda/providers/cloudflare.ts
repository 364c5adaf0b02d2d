import type { ProviderFacts } from './provider-facts';

export const cloudflare: ProviderFacts = {
  id: 'cloudflare',
  name: 'Cloudflare',
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://dash.cloudflare.com/profile/api-tokens' },
  apiBaseUrl: 'https://api.cloudflare.com/client/v4',
  mcp: [
    { url: 'https://mcp.cloudflare.com/mcp', registration: 'dynamic', notes: 'A key works too.' },
    { url: 'https://observability.mcp.cloudflare.com/mcp', registration: 'dynamic', notes: 'A key works too.' },
  ],
  secretPatterns: [
    { name: 'cloudflare-token-v2', pattern: '\\bcf[ua]t_[A-Za-z0-9]{40}[a-f0-9]{8}\\b' },
    { name: 'cloudflare-origin-ca', pattern: '\\bv1\\.0-[a-f0-9]{24}-[a-f0-9]{146}\\b' },
  ],
  notes: [
    'No OAuth for the API; the hosted MCP servers have their own: `Connection.mcpServer()`.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/cloudflare/mcp',
      'https://github.com/cloudflare/mcp-server-cloudflare',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
