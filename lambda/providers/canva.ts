import type { ProviderFacts } from './provider-facts';

export const canva: ProviderFacts = {
  id: 'canva',
  name: 'Canva',
  oauth: {
    authorizationEndpoint: 'https://www.canva.com/api/oauth/authorize',
    tokenEndpoint: 'https://api.canva.com/rest/v1/oauth/token',
    revocation: { style: 'rfc7009', endpoint: 'https://api.canva.com/rest/v1/oauth/revoke', ends: 'token' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['profile:read', 'design:meta:read', 'design:content:read', 'folder:read', 'asset:read'],
    refresh: { issued: true, rotation: 'always', assumedAccessSeconds: 14_400 },
    identity: {
      endpoint: 'https://api.canva.com/rest/v1/users/me',
      idPath: 'team_user.user_id',
      workspaceIdPath: 'team_user.team_id',
    },
  },
  apiBaseUrl: 'https://api.canva.com/rest/v1',
  mcp: [{ url: 'https://mcp.canva.com/mcp', registration: 'dynamic' }],
  notes: [
    'PKCE is mandatory; access tokens may be 4 KB long.',
    'Each refresh token works once; ending one ends its successors.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/canva-sdks/canva-connect-api-starter-kit',
      'https://github.com/NangoHQ/nango',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
