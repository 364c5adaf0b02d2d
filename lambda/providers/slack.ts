import type { ProviderFacts } from './provider-facts';

export const slack: ProviderFacts = {
  id: 'slack',
  name: 'Slack (as the person)',
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
    // Switching PKCE on in a Slack app cannot be undone, makes it a public client and ends refresh tokens after 30 days.
    pkce: 'omit',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ',',
    scopeParameter: 'user_scope',
    defaultScopes: ['channels:read', 'channels:history', 'chat:write'],
    response: {
      // The person's token; beside it there may be the bot's, which has a refresh token of its own.
      tokenIn: 'authed_user',
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
  secretPatterns: [
    { name: 'slack-bot', pattern: '\\bxoxb-[0-9]{8,14}-[0-9A-Za-z-]{10,}' },
    { name: 'slack-user', pattern: '\\bxoxp-[0-9]{10,13}-[0-9]{10,13}-[0-9A-Za-z-]+' },
    { name: 'slack-rotated-access', pattern: '\\bxoxe\\.xox[bp]-\\d-[A-Za-z0-9]{100,200}' },
    { name: 'slack-refresh', pattern: '\\bxoxe-\\d-[A-Za-z0-9]{100,200}' },
    { name: 'slack-app-level', pattern: '\\bxapp-\\d-[A-Z0-9]+-\\d+-[a-z0-9]+' },
  ],
  notes: [
    'Errors come with HTTP 200 and `"ok": false`; `token_type` is `user` or `bot`.',
    'Tokens do not expire unless token rotation is on in the app. Then they live twelve hours and each refresh token works once.',
    "The person's token is inside `authed_user` when the code is redeemed, and at the top when it is refreshed.",
    'PKCE is not sent: switching it on in a Slack app cannot be undone, makes it a public client and ends refresh tokens after 30 days.',
    "Slack's own MCP server wants tokens of another pair of endpoints: `Provider.SLACK_MCP`. GovSlack is on slack-gov.com.",
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
    conflicts: [
      'Third parties write that Slack answers 400 invalid_grant on bad refresh; Nango code and Slack typings show HTTP 200 with ok:false.',
    ],
  },
};
