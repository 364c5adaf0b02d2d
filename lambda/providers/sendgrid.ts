import type { ProviderFacts } from './provider-facts';

export const sendgrid: ProviderFacts = {
  id: 'sendgrid',
  name: 'SendGrid',
  apiKey: {
    headers: { Authorization: 'Bearer {key}' },
    help: 'https://app.sendgrid.com/settings/api_keys',
    rotation: {
      create: {
        url: 'https://api.sendgrid.com/v3/api_keys',
        nameMember: 'name',
        // Its specification has the second place, its answers the first.
        kept: { scopes: ['scopes', 'result.0.scopes'] },
        keyPath: 'api_key',
        idPath: 'api_key_id',
      },
      list: {
        url: 'https://api.sendgrid.com/v3/api_keys',
        itemsPath: 'result',
        idPath: 'api_key_id',
        namePath: 'name',
      },
      remove: { url: 'https://api.sendgrid.com/v3/api_keys/{id}' },
      describe: { url: 'https://api.sendgrid.com/v3/api_keys/{id}' },
      idPattern: '^SG\\.([A-Za-z0-9_-]{16,64})\\.',
    },
  },
  apiBaseUrl: 'https://api.sendgrid.com',
  secretPatterns: [{ name: 'sendgrid', pattern: '\\bSG\\.[A-Za-z0-9=_.-]{66}\\b' }],
  notes: [
    'A key that is to be rotated needs the scopes `api_keys.create`, `api_keys.read` and `api_keys.delete`.',
    'A key made without scopes may do everything: rotation gives the new key those of the one before.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made; that a key has its id in it.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/gitleaks/gitleaks',
      'https://github.com/twilio/sendgrid-oai',
    ],
  },
};
