import type { ProviderFacts } from './provider-facts';

export const box: ProviderFacts = {
  id: 'box',
  name: 'Box',
  oauth: {
    authorizationEndpoint: 'https://account.box.com/api/oauth2/authorize',
    tokenEndpoint: 'https://api.box.com/oauth2/token',
    revocation: { style: 'rfc7009', endpoint: 'https://api.box.com/oauth2/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['root_readwrite'],
    refresh: { issued: true, rotation: 'always', idleSeconds: 5_184_000 },
    identity: {
      endpoint: 'https://api.box.com/2.0/users/me?fields=id,login,enterprise',
      idPath: 'id',
      namePath: 'login',
      workspaceIdPath: 'enterprise.id',
      workspaceNamePath: 'enterprise.name',
    },
  },
  apiBaseUrl: 'https://api.box.com/2.0',
  mcp: [{ url: 'https://mcp.box.com', registration: 'preregistered' }],
  notes: [
    'Each refresh token works once and dies after 60 days.',
    'Client and redirect URI of the hosted MCP server are entered in the Admin Console under Integrations.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/box/developer.box.com',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
