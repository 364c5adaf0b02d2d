import type { ProviderFacts } from './provider-facts';

export const twilio: ProviderFacts = {
  id: 'twilio',
  name: 'Twilio',
  apiKey: {
    headers: { Authorization: 'Basic {sid}:{secret}' },
    help: 'https://console.twilio.com/us1/account/keys-credentials/api-keys',
  },
  apiBaseUrl: 'https://api.twilio.com',
  secretPatterns: [
    { name: 'twilio-api-key-sid', pattern: '\\bSK[0-9a-fA-F]{32}\\b' },
    { name: 'twilio-account-sid', pattern: '\\bAC[a-zA-Z0-9]{32}\\b' },
  ],
  notes: [
    'API key SID and its secret, as user name and password; account SID and auth token work too.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/trufflesecurity/trufflehog',
      'https://github.com/preset-io/agor',
    ],
  },
};
