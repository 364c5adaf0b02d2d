import type { ProviderFacts } from './provider-facts';

export const atlassian: ProviderFacts = {
  id: 'atlassian',
  name: 'Atlassian (Jira, Confluence)',
  oauth: {
    authorizationEndpoint: 'https://auth.atlassian.com/authorize',
    tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['read:me', 'read:jira-user', 'read:jira-work', 'write:jira-work', 'offline_access'],
    authorizationParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
    refresh: {
      issued: true,
      rotation: 'always',
      graceSeconds: 600,
      assumedAccessSeconds: 3600,
      idleSeconds: 7_776_000,
    },
    identity: { endpoint: 'https://api.atlassian.com/me', idPath: 'account_id', namePath: 'email' },
  },
  apiKey: {
    headers: { Authorization: 'Basic {email}:{api-token}' },
    help: 'https://id.atlassian.com/manage-profile/security/api-tokens',
  },
  apiBaseUrl: 'https://api.atlassian.com',
  mcp: [
    { url: 'https://mcp.atlassian.com/v1/mcp/authv2', registration: 'dynamic' },
    { url: 'https://mcp.atlassian.com/v1/mcp', registration: 'dynamic', notes: 'A key works too.' },
  ],
  secretPatterns: [
    { name: 'atlassian-api-token', pattern: '\\bATATT3[A-Za-z0-9_=+/-]{20,}=[A-Za-z0-9]{8}\\b' },
    { name: 'atlassian-org-admin', pattern: '\\bATCTT3xFfG[A-Za-z0-9+/=_-]+=[A-Za-z0-9]{8}\\b' },
    { name: 'atlassian-service-account', pattern: '\\bATSTT3xFfG[A-Za-z0-9_-]{30,}=[A-Fa-f0-9]{8}\\b' },
  ],
  notes: [
    'Without `offline_access` there is no refresh token. A spent one gets a successor for ten minutes more.',
    'A refused refresh comes with HTTP 403 and `invalid_grant`.',
    'The id of a site, for its API, is in the list at https://api.atlassian.com/oauth/token/accessible-resources.',
    "For the hosted MCP server, an organisation's administrator has to allow the gateway's domain under Rovo MCP server.",
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens',
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'https://github.com/atlassian/atlassian-mcp-server',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
