import type { ProviderFacts } from './provider-facts';

export const anthropic: ProviderFacts = {
  id: 'anthropic',
  name: 'Anthropic',
  apiKey: {
    headers: { 'x-api-key': '{key}', 'anthropic-version': '2023-06-01' },
    help: 'https://console.anthropic.com/settings/keys',
  },
  apiBaseUrl: 'https://api.anthropic.com',
  secretPatterns: [{ name: 'anthropic', pattern: '\\bsk-ant-(?:admin01|api03)-[\\w-]{93}AA\\b' }],
  notes: [
    'Every request names a version of the API.',
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
