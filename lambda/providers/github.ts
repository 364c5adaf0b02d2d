import type { ProviderFacts } from './provider-facts';

export const github: ProviderFacts = {
  id: 'github',
  name: 'GitHub (OAuth app)',
  oauth: {
    // In every callback since April 2026.
    issuer: 'https://github.com/login/oauth',
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    revocation: {
      style: 'basic_delete',
      endpoint: 'https://api.github.com/applications/{client_id}/token',
      ends: 'token',
      prefers: 'access_token',
    },
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: ['read:user', 'repo'],
    headers: { Accept: 'application/json' },
    response: {
      errorInSuccess: true,
      scopeSeparator: ',',
      errorCodes: {
        bad_verification_code: 'invalid_grant',
        bad_refresh_token: 'invalid_grant',
        unverified_user_email: 'invalid_grant',
        redirect_uri_mismatch: 'invalid_grant',
        incorrect_client_credentials: 'invalid_client',
      },
    },
    refresh: { issued: false, rotation: 'never' },
    identity: {
      endpoint: 'https://api.github.com/user',
      headers: { 'User-Agent': 'cdk-mcp-gateway', 'X-GitHub-Api-Version': '2022-11-28' },
      idPath: 'id',
      namePath: 'login',
    },
  },
  apiKey: { headers: { Authorization: 'Bearer {key}' }, help: 'https://github.com/settings/personal-access-tokens' },
  apiBaseUrl: 'https://api.github.com',
  mcp: [{ url: 'https://api.githubcopilot.com/mcp/', registration: 'preregistered', notes: 'A key works too.' }],
  secretPatterns: [
    { name: 'github-pat-classic', pattern: '\\bghp_[0-9A-Za-z]{36,255}\\b' },
    { name: 'github-pat-fine-grained', pattern: '\\bgithub_pat_\\w{82}\\b' },
    { name: 'github-oauth', pattern: '\\bgho_[0-9A-Za-z]{36,255}\\b' },
  ],
  notes: [
    'Errors come with HTTP 200, and the answer is a form unless JSON is asked for.',
    'Tokens do not expire. The scopes of an answer are separated by commas.',
    'An organisation may have to approve the OAuth app before its repositories can be reached.',
    'GitHub Enterprise Server is `Provider.GITHUB.adapt(...)` with the addresses of your host.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; what its own error codes mean; the address where keys are made.',
  ],
  evidence: {
    confidence: 'high',
    verifiedOn: '2026-11-23',
    sources: [
      'https://github.blog/changelog/2025-07-14-pkce-support-for-oauth-and-github-app-authentication',
      'https://github.com/NangoHQ/nango',
      'https://github.com/nextauthjs/next-auth',
      'https://github.com/better-auth/better-auth',
      'https://github.com/pilcrowonpaper/arctic',
      'https://github.com/github/docs',
      'https://github.com/github/github-mcp-server',
    ],
    conflicts: [
      'A stored copy of docs.github.com still says PKCE is unsupported; the 2025-07-14 changelog supersedes it.',
    ],
  },
};
