import type { ProviderFacts } from './provider-facts';

export const google: ProviderFacts = {
  id: 'google',
  name: 'Google',
  oauth: {
    issuer: 'https://accounts.google.com',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    // Ending one token ends everything the person granted this client, so a reconnect must not revoke.
    revocation: { style: 'rfc7009', endpoint: 'https://oauth2.googleapis.com/revoke', ends: 'grant' },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['openid', 'email', 'profile'],
    // Without both, only the first consent ever brings a refresh token.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    refresh: { issued: true, rotation: 'never', idleSeconds: 15_552_000 },
    identity: {
      endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
      idPath: 'sub',
      namePath: 'email',
      workspaceIdPath: 'hd',
      workspaceNamePath: 'hd',
      emailPath: 'email',
    },
  },
  apiKey: { headers: { 'X-Goog-Api-Key': '{key}' }, help: 'https://console.cloud.google.com/apis/credentials' },
  apiBaseUrl: 'https://www.googleapis.com',
  mcp: [
    { url: 'https://gmailmcp.googleapis.com/mcp/v1', registration: 'preregistered' },
    { url: 'https://drivemcp.googleapis.com/mcp/v1', registration: 'preregistered' },
    {
      url: 'https://calendarmcp.googleapis.com/mcp/v1',
      registration: 'preregistered',
      scopes: [
        'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
        'https://www.googleapis.com/auth/calendar.events.freebusy',
        'https://www.googleapis.com/auth/calendar.events.readonly',
      ],
    },
    { url: 'https://chatmcp.googleapis.com/mcp/v1', registration: 'preregistered' },
    { url: 'https://bigquery.googleapis.com/mcp', registration: 'preregistered' },
    { url: 'https://mapstools.googleapis.com/mcp', registration: 'key', notes: 'A Google API key.' },
  ],
  secretPatterns: [
    { name: 'google-api-key', pattern: '\\bAIza[\\w-]{35}\\b' },
    { name: 'google-oauth-access-token', pattern: '\\bya29\\.[A-Za-z0-9_-]{10,}' },
  ],
  notes: [
    'The answer to a refresh has no refresh token: the first one stays.',
    'A refresh token unused for six months dies; so does the oldest when one account has too many of one client, and all after seven days while the consent screen is in testing.',
    'To admit one Workspace domain, restrict the workspace (`hd`): anybody may have a private Google account under an address of the domain.',
    'Assumed, from general knowledge and not from the sources below: the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.com/NangoHQ/nango',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/better-auth/better-auth',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/simov/grant',
      'https://github.com/QiMana/google-workspace-developer-docs',
      'https://github.com/windmill-labs/windmill',
      'endpoint metadata as a third party recorded it on 2026-07-19',
    ],
  },
};
