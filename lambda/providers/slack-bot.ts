import type { ProviderFacts } from './provider-facts';

export const slackBot: ProviderFacts = {
  id: 'slack-bot',
  name: 'Slack (as a bot)',
  oauth: {
    authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
    // One token per person and app, unless rotation is on: a reconnect may bring the very token that was there.
    revocation: {
      style: 'bearer_post',
      endpoint: 'https://slack.com/api/auth.revoke',
      ends: 'grant',
      prefers: 'access_token',
    },
    // As for the person's token, see slack.ts.
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ',',
    defaultScopes: ['channels:read', 'channels:history', 'chat:write'],
    response: {
      errorInSuccess: true,
      bearerTypes: ['bot', 'user'],
      errorCodes: {
        invalid_code: 'invalid_grant',
        code_already_used: 'invalid_grant',
        invalid_refresh_token: 'invalid_grant',
        token_expired: 'invalid_grant',
        token_revoked: 'invalid_grant',
        account_inactive: 'invalid_grant',
        bad_redirect_uri: 'invalid_grant',
        invalid_client_id: 'invalid_client',
        bad_client_secret: 'invalid_client',
        invalid_grant_type: 'unsupported_grant_type',
        invalid_scope: 'invalid_scope',
        fatal_error: 'temporarily_unavailable',
        internal_error: 'temporarily_unavailable',
        service_unavailable: 'temporarily_unavailable',
        request_timeout: 'temporarily_unavailable',
        ratelimited: 'temporarily_unavailable',
      },
    },
    refresh: { issued: true, rotation: 'always' },
    identity: {
      endpoint: 'https://slack.com/api/auth.test',
      method: 'POST',
      idPath: 'user_id',
      namePath: 'user',
      workspaceIdPath: 'team_id',
      workspaceNamePath: 'team',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://api.slack.com/apps' },
  apiBaseUrl: 'https://slack.com/api',
  notes: [
    'Errors come with HTTP 200 and `"ok": false`; `token_type` is `user` or `bot`.',
    'Tokens do not expire unless token rotation is on in the app. Then they live twelve hours and each refresh token works once.',
    'The bot is one for the whole workspace, whoever connected it; for what a person may see and do, use `Provider.SLACK`.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://docs.slack.dev/changelog/2026/03/30/pkce',
      'https://docs.slack.dev/authentication/using-pkce',
      'https://docs.slack.dev/authentication/using-token-rotation',
      'https://docs.slack.dev/reference/methods/oauth.v2.access',
      'https://github.com/NangoHQ/nango',
      'https://github.com/slackapi/node-slack-sdk',
      'https://github.com/pilcrowonpaper/arctic',
    ],
  },
};
