import type { ProviderFacts } from './provider-facts';

export const dropbox: ProviderFacts = {
  id: 'dropbox',
  name: 'Dropbox',
  oauth: {
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
    revocation: {
      style: 'bearer_post',
      endpoint: 'https://api.dropboxapi.com/2/auth/token/revoke',
      ends: 'token',
      prefers: 'access_token',
    },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['account_info.read', 'files.metadata.read', 'files.content.read', 'files.content.write'],
    authorizationParameters: { token_access_type: 'offline' },
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api.dropboxapi.com/2/users/get_current_account',
      method: 'POST',
      body: 'null',
      idPath: 'account_id',
      namePath: 'email',
      workspaceIdPath: 'team.id',
      workspaceNamePath: 'team.name',
    },
  },
  apiBaseUrl: 'https://api.dropboxapi.com/2',
  mcp: [{ url: 'https://mcp.dropbox.com/mcp', registration: 'dynamic' }],
  secretPatterns: [{ name: 'dropbox-short-lived', pattern: '\\bsl\\.(?:u\\.)?[A-Za-z0-9_-]{130,}' }],
  notes: [
    'Without `token_access_type=offline` there is no refresh token.',
    'Revocation and identity are POST requests with the token as Bearer.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'https://github.com/scalekit-inc/developer-docs',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
