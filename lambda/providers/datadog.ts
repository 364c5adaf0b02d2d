import type { ProviderFacts } from './provider-facts';

export const datadog: ProviderFacts = {
  id: 'datadog',
  name: 'Datadog',
  oauth: {
    authorizationEndpoint: 'https://{authorizeHost}/oauth2/v1/authorize',
    tokenEndpoint: 'https://api.{site}/oauth2/v1/token',
    pkce: 'send',
    clientAuthentication: 'client_secret_post',
    tokenRequestFormat: 'form',
    scopeSeparator: ' ',
    defaultScopes: [],
    refresh: { issued: true, rotation: 'sometimes' },
    identity: {
      endpoint: 'https://api.{site}/api/v2/current_user',
      idPath: 'data.id',
      namePath: 'data.attributes.email',
      workspaceIdPath: 'data.relationships.org.data.id',
    },
  },
  apiKey: {
    headers: { 'DD-API-KEY': '{key}', 'DD-APPLICATION-KEY': '{application-key}' },
    help: 'https://app.datadoghq.com/organization-settings/api-keys',
  },
  apiBaseUrl: 'https://api.{site}/api',
  variables: [
    {
      name: 'site',
      from: 'operator',
      pattern: '^(?:(?:us3\\.|us5\\.|ap1\\.|ap2\\.)?datadoghq\\.com|datadoghq\\.eu|ddog-gov\\.com)$',
      allowedHosts: ['*.datadoghq.com', '*.datadoghq.eu', '*.ddog-gov.com'],
      example: 'datadoghq.eu',
    },
    {
      name: 'authorizeHost',
      from: 'operator',
      pattern: '^(?:[a-z0-9-]+\\.)+(?:datadoghq\\.com|datadoghq\\.eu|ddog-gov\\.com)$',
      allowedHosts: ['*.datadoghq.com', '*.datadoghq.eu', '*.ddog-gov.com'],
      example: 'app.datadoghq.eu',
    },
  ],
  mcp: [{ url: 'https://mcp.{site}/api/unstable/mcp-server/mcp', registration: 'unknown' }],
  notes: [
    'The site is part of every address. A key goes in two headers, API key and application key.',
    'How the client authenticates is not documented in what was read; `client_secret_post` is assumed.',
    'Assumed, from general knowledge and not from the sources below: where its answers say whose account it is; the address where keys are made.',
  ],
  evidence: {
    confidence: 'medium',
    verifiedOn: '2026-11-23',
    sources: ['https://github.com/NangoHQ/nango', 'https://github.com/preset-io/agor', 'reports of client authors'],
  },
};
