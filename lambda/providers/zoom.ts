import type { ProviderFacts } from './provider-facts';

export const zoom: ProviderFacts = {
  id: 'zoom',
  name: 'Zoom',
  oauth: {
    authorizationEndpoint: 'https://zoom.us/oauth/authorize',
    tokenEndpoint: 'https://zoom.us/oauth/token',
    revocation: {
      style: 'rfc7009',
      endpoint: 'https://zoom.us/oauth/revoke',
      ends: 'grant',
      prefers: 'access_token',
    },
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'always', assumedAccessSeconds: 3600, idleSeconds: 7_776_000 },
    identity: {
      endpoint: 'https://api.zoom.us/v2/users/me',
      idPath: 'id',
      namePath: 'email',
      workspaceIdPath: 'account_id',
    },
  },
  apiBaseUrl: 'https://api.zoom.us/v2',
  mcp: [
    { url: 'https://mcp-us.zoom.us/mcp/zoom/streamable', registration: 'preregistered', notes: 'A key works too.' },
  ],
  notes: [
    'HTTP Basic only. Scopes come from the app unless given.',
    'Each refresh token works once and dies after about 90 days; a code lives five minutes.',
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
      'https://github.com/simov/grant',
      'https://github.com/anthropics/knowledge-work-plugins',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
    conflicts: [
      'Nango sets a comma scope separator; grant/Auth.js use space. better-auth posts the secret in the body while live metadata lists basic only.',
    ],
  },
};
