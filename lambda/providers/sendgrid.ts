import type { ProviderFacts } from './provider-facts';

export const sendgrid: ProviderFacts = {
  id: 'sendgrid',
  name: 'SendGrid',
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://app.sendgrid.com/settings/api_keys' },
  apiBaseUrl: 'https://api.sendgrid.com',
  secretPatterns: [{ name: 'sendgrid', pattern: '\\bSG\\.[A-Za-z0-9=_.-]{66}\\b' }],
  notes: ['Assumed, from general knowledge and not from the sources below: the address where keys are made.'],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: ['https://github.com/NangoHQ/nango', 'https://github.com/gitleaks/gitleaks'],
  },
};
