import type { ProviderFacts } from './provider-facts';

export const discord: ProviderFacts = {
  id: 'discord',
  name: 'Discord',
  oauth: {
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    // Ending one token ends the whole authorization.
    revocation: { style: 'rfc7009', endpoint: 'https://discord.com/api/oauth2/token/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['identify', 'email'],
    refresh: { issued: true, rotation: 'always', assumedAccessSeconds: 604_800 },
    identity: { endpoint: 'https://discord.com/api/users/@me', idPath: 'id', namePath: 'username' },
  },
  apiKey: { headers: { Authorization: 'Bot {key}' }, help: 'https://discord.com/developers/applications' },
  apiBaseUrl: 'https://discord.com/api',
  notes: [
    'Ending one token ends the whole authorization of the person.',
    "A bot's token is sent as `Bot …`; what people connect is a Bearer token.",
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/discord/discord-api-docs',
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
    ],
  },
};
