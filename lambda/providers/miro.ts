import type { ProviderFacts } from './provider-facts';

export const miro: ProviderFacts = {
  id: 'miro',
  name: 'Miro',
  oauth: {
    authorizationEndpoint: 'https://miro.com/oauth/authorize',
    tokenEndpoint: 'https://api.miro.com/v1/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['boards:read', 'boards:write'],
    refresh: { issued: true, rotation: 'sometimes', idleSeconds: 5_184_000 },
    // Ids of 19 digits: as text here, as numbers elsewhere, which no double holds.
    identity: {
      endpoint: 'https://api.miro.com/v1/oauth-token',
      idPath: 'user.id',
      namePath: 'user.name',
      workspaceIdPath: 'team.id',
      workspaceNamePath: 'team.name',
    },
  },
  apiBaseUrl: 'https://api.miro.com',
  mcp: [
    {
      url: 'https://mcp.miro.com/',
      registration: 'dynamic',
      scopes: ['boards:read', 'boards:write', 'openid', 'email'],
    },
  ],
  notes: [
    'Tokens expire only where the app is set so: then after one hour, the refresh token after 60 days.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.miro.com/reference/get-new-access-token-using-refresh-token',
      'https://developers.miro.com/reference/ne-exchange-authorization-code-with-access-token',
      'https://github.com/NangoHQ/nango',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
