import type { ProviderFacts } from './provider-facts';

export const openai: ProviderFacts = {
  id: 'openai',
  name: 'OpenAI',
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://platform.openai.com/api-keys' },
  apiBaseUrl: 'https://api.openai.com/v1',
  secretPatterns: [
    {
      name: 'openai',
      pattern: '\\bsk-(?:(?:proj|svcacct|service|admin)-[A-Za-z0-9_-]+|[A-Za-z0-9]+)T3BlbkFJ[A-Za-z0-9_-]+',
    },
  ],
  notes: [
    'Administration wants an admin key, which other endpoints refuse.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/gitleaks/gitleaks',
      'https://github.com/trufflesecurity/trufflehog',
    ],
  },
};
