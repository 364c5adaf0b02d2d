import type { ProviderFacts } from './provider-facts';

export const sentry: ProviderFacts = {
  id: 'sentry',
  name: 'Sentry',
  oauth: {
    authorizationEndpoint: 'https://sentry.io/oauth/authorize/',
    tokenEndpoint: 'https://sentry.io/oauth/token/',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['org:read', 'project:read', 'team:read', 'event:read'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: { idPath: 'token.user.id', namePath: 'token.user.email' },
  },
  apiKey: {
    headers: { Authorization: 'Bearer {key}' },
    help: 'https://sentry.io/settings/account/api/auth-tokens/',
  },
  apiBaseUrl: 'https://sentry.io/api/0',
  mcp: [
    {
      url: 'https://mcp.sentry.dev/mcp',
      registration: 'dynamic',
      scopes: ['org:read', 'project:write', 'team:write', 'event:write'],
      notes: 'A key works too.',
    },
  ],
  secretPatterns: [
    { name: 'sentry-user', pattern: '\\bsntryu_[a-f0-9]{64}\\b' },
    { name: 'sentry-org', pattern: '\\bsntrys_eyJ[A-Za-z0-9=_+/]{100,}' },
  ],
  notes: [
    'The addresses end in a slash.',
    "To the hosted MCP server a static token goes as `Sentry-Bearer`: `Credential.headers({ Authorization: 'Sentry-Bearer {key}' })`.",
    'A self-hosted Sentry is `Provider.SENTRY.adapt(...)` with the addresses of your host.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/getsentry/sentry-mcp',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
