import type { ProviderFacts } from './provider-facts';

export const docusign: ProviderFacts = {
  id: 'docusign',
  name: 'DocuSign',
  oauth: {
    authorizationEndpoint: 'https://account.docusign.com/oauth/auth',
    tokenEndpoint: 'https://account.docusign.com/oauth/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_basic_raw',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['signature', 'extended'],
    refresh: { issued: true, rotation: 'always', idleSeconds: 2_592_000 },
    identity: { endpoint: 'https://account.docusign.com/oauth/userinfo', idPath: 'sub', namePath: 'email' },
  },
  mcp: [{ url: 'https://mcp.docusign.com/mcp', registration: 'preregistered' }],
  notes: [
    'With the scope `extended`, every refresh brings a refresh token of another 30 days.',
    'The base address of the API depends on the account: `accounts[].base_uri` of the userinfo answer.',
    'The demo environment is on account-d.docusign.com: `Provider.DOCUSIGN.adapt(...)`.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://developers.docusign.com/platform/auth/authcode',
      'https://developers.docusign.com/platform/auth/reference/obtain-access-token',
      'https://developers.docusign.com/changelog/03-02-2023',
      'https://github.com/NangoHQ/nango',
      'https://github.com/simov/grant',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
