import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import type { ProviderConfig } from '../../../lambda/config/gateway-config';
import { accountMcp } from './account-mcp';
import { consentPage, readDecision } from './consent-page';
import { demoAccount } from './demo-account';
import type { DemoPlatform, PlatformOptions } from './demo-platform';
import { INTERACTION, mcpPlatformProvider, SCOPES } from './mcp-platform-provider';
import { noCounts } from './platform-counts';
import { PlatformFaults } from './platform-faults';
import type { PlatformKnobs } from './platform-knobs';
import { bearerOf, MCP_PATH, startPlatformServer } from './platform-server';

const NAME = 'Tracker (demo)';

export interface McpPlatformOptions extends PlatformOptions {
  /** Whether clients may register themselves (RFC 7591). @default true */
  readonly allowsRegistration?: boolean;
  /** Makes it take client id metadata documents: those of these addresses. @default it does not */
  readonly documents?: Readonly<Record<string, unknown>>;
  /** How clients may authenticate. @default in every way there is, and not at all */
  readonly clientAuthentication?: readonly (
    | 'none'
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'private_key_jwt'
  )[];
}

/**
 * An MCP server with an authorization server of its own and nothing odd: RFC 9728 and 8414 lead from its URL to the
 * authorization server, clients register themselves, and only a token for exactly this resource opens it (RFC 8707).
 */
export async function startMcpPlatform(options: McpPlatformOptions = {}): Promise<DemoPlatform> {
  const knobs: PlatformKnobs = {
    tokenLifetimeSeconds: 3600,
    graceSeconds: 0,
    issuesRefreshTokens: true,
    grantedScopes: undefined,
    delayMs: 0,
    ...options.knobs,
  };
  const counts = noCounts();
  const faults = new PlatformFaults();
  let serve = (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(404).end();
  const server = await startPlatformServer({
    port: options.port,
    faults,
    delayMs: () => knobs.delayMs,
    onExchange: options.onExchange,
    others: { endpointOf, serve: (request, response) => serve(request, response) },
  });
  const { origin } = server;
  const resource = origin + MCP_PATH;
  const issuer = mcpPlatformProvider(origin, knobs, counts, options);
  const { provider } = issuer;
  const authorize = provider.callback();

  const accountIds = new Map<string, string>();
  const mcp = accountMcp(NAME, { name: 'list_issues', things: ['#1 It is slow', '#2 It is loud'] }, (authorization) =>
    demoAccount(accountIds.get(bearerOf({ authorization }))),
  );

  async function serveMcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = bearerOf(request.headers);
    const found = token === '' ? undefined : await provider.AccessToken.find(token);
    const isOurs = found !== undefined && [found.aud].flat().includes(resource);
    if (token !== '' && !isOurs) counts.deadTokenUses += 1;
    if (isOurs && found.isExpired) counts.expiredTokenUses += 1;
    if (!isOurs || found.isExpired) return refuse(response, origin, token === '' ? '' : 'error="invalid_token", ');
    counts.calls += 1;
    accountIds.set(token, found.accountId);
    return mcp.serve(request, response);
  }

  serve = (request, response) => {
    const fail = () => response.destroy();
    if (request.url?.startsWith(MCP_PATH)) return void serveMcp(request, response).catch(fail);
    if (request.url?.startsWith(INTERACTION)) return void serveConsent(provider, request, response).catch(fail);
    // Whoever comes is asked, whichever account was chosen the last time.
    if (request.url?.startsWith('/auth?')) delete request.headers.cookie;
    void authorize(request, response);
  };
  const metadata = JSON.stringify({
    resource,
    authorization_servers: [origin],
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: NAME,
  });
  const headers = { 'Content-Type': 'application/json' };
  server.routes.set(`GET /.well-known/oauth-protected-resource${MCP_PATH}`, {
    endpoint: 'other',
    answer: () => ({ status: 200, headers, body: metadata }),
  });

  return {
    name: NAME,
    origin,
    port: server.port,
    mcpUrl: resource,
    provider: mcpProvider(origin, resource),
    clientSecret: undefined,
    knobs,
    faults,
    counts,
    get liveAccessTokens() {
      return issuer.live('AccessToken');
    },
    get liveRefreshTokens() {
      return issuer.live('RefreshToken');
    },
    endAccessTokens: () => issuer.endAll('AccessToken'),
    endRefreshTokens: () => issuer.endAll('RefreshToken'),
    close: async () => {
      await server.close();
      await mcp.close();
    },
  };
}

function endpointOf(path: string, head: string) {
  if (path === MCP_PATH) return 'mcp';
  if (path === '/token') return head.includes('grant_type=refresh_token') ? 'refresh' : 'token';
  return path === '/token/revocation' ? 'revoke' : 'other';
}

/** Says where to look for the authorization server, and nothing about the token. */
function refuse(response: ServerResponse, origin: string, error: string): void {
  const metadata = `${origin}/.well-known/oauth-protected-resource${MCP_PATH}`;
  const challenge = `Bearer ${error}resource_metadata="${metadata}", scope="${SCOPES.join(' ')}"`;
  response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
}

/** Asks the person, every time. */
async function serveConsent(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const { account } = readDecision(new URLSearchParams(await text(request)));
    const result =
      demoAccount(account) === undefined || account === undefined
        ? { error: 'access_denied' }
        : { login: { accountId: account }, consent: {} };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const client = await provider.Client.find(String(params['client_id']));
  const scopes = String(params['scope'] ?? '').split(' ');
  const html = consentPage({
    platform: NAME,
    client: client?.clientName ?? 'Somebody',
    scopes: scopes.filter(Boolean),
  });
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }).end(html);
}

/** All there is to know beforehand: the URL. */
function mcpProvider(origin: string, resource: string): ProviderConfig {
  return {
    name: 'tracker',
    kind: 'mcp',
    facts: { id: 'tracker', name: NAME },

    scopes: [],
    resource,
    origins: [origin],
    headers: { Authorization: 'Bearer {access_token}' },
  };
}
