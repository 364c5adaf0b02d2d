import type { ProviderFacts } from './provider-facts';

export const intercom: ProviderFacts = {
  id: 'intercom',
  name: 'Intercom',
  oauth: {
    authorizationEndpoint: 'https://app.intercom.com/oauth',
    tokenEndpoint: 'https://api.intercom.io/auth/eagle/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: 'none',
    defaultScopes: [],
    refresh: { issued: false, rotation: 'never' },
    identity: {
      endpoint: 'https://api.intercom.io/me',
      idPath: 'id',
      namePath: 'email',
      workspaceIdPath: 'app.id_code',
      workspaceNamePath: 'app.name',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://app.intercom.com/a/apps/_/developer-hub' },
  apiBaseUrl: 'https://api.intercom.io',
  mcp: [{ url: 'https://mcp.intercom.com/mcp', registration: 'dynamic' }],
  notes: [
    'Tokens do not expire; what they may do is set in the app.',
    'Data kept in Europe or Australia is at api.eu.intercom.io or api.au.intercom.io: `Provider.INTERCOM.adapt(...)`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/trufflesecurity/trufflehog',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
