import type { ProviderFacts } from './provider-facts';

export const typeform: ProviderFacts = {
  id: 'typeform',
  name: 'Typeform',
  oauth: {
    authorizationEndpoint: 'https://admin.typeform.com/oauth/authorize',
    tokenEndpoint: 'https://api.typeform.com/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['accounts:read', 'forms:read', 'responses:read', 'offline'],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: { endpoint: 'https://api.typeform.com/me', idPath: 'user_id', namePath: 'email' },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://admin.typeform.com/user/tokens' },
  apiBaseUrl: 'https://api.typeform.com',
  mcp: [{ url: 'https://api.typeform.com/mcp', registration: 'dynamic' }],
  secretPatterns: [{ name: 'typeform-pat', pattern: '\\btfp_[A-Za-z0-9_.=-]{40,61}' }],
  notes: [
    'Without the scope `offline` there is no refresh token.',
    'Data kept in Europe is at api.eu.typeform.com: `Provider.TYPEFORM.adapt(...)`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'endpoint metadata as a third party recorded it on 2026-07-19',
      'reports of client authors',
    ],
    conflicts: [
      "authorize host: api.typeform.com (Nango, grant) vs admin.typeform.com (live metadata); offline scope: 'offline' (Nango) vs 'offline_access' (live metadata).",
    ],
  },
};
