import type { ConnectionFacts, PinnedServer } from '../../../../../lambda/contract/connection-record';
import { err, ok } from '../../../../../lambda/core/result';
import { mcpTargets } from '../../../../../lambda/io/connections/mcp-target';
import { providerClient } from '../../../../../lambda/io/connections/provider-client';
import { providerHttp } from '../../../../../lambda/io/connections/provider-http';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import { consentAt } from '../../../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startMcpPlatform } from '../../../../../local/demo/platforms/mcp-platform';
import { loopbackFetcher } from '../../../../fixtures/providers/loopback-fetcher';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';

const GATEWAY = 'http://127.0.0.1:4444';
const ATTEMPT = { redirectUri: `${GATEWAY}/callback/tracker`, state: 's'.repeat(43), codeVerifier: 'v'.repeat(43) };
const now = Date.now;

let platform: DemoPlatform;
beforeAll(async () => {
  platform = await startMcpPlatform();
});
afterAll(() => platform.close());

function gateway(http = providerHttp()) {
  const documents = fakeSecretDocuments();
  const secrets = providerSecrets({ tracker: 'secret' }, documents, now);
  const options = { gatewayUrl: GATEWAY, clientName: 'Gateway', hasClientKey: false };
  const targets = mcpTargets({ ...options, fetcher: loopbackFetcher(), http, secrets, now });
  return providerClient({ now, secrets, mcpTargets: targets, http });
}

async function connect(client = gateway()) {
  const target = await client.target(platform.provider);
  if (!target.ok) throw new Error(target.error.cause);
  const callback = await consentAt(client.authorizationUrl(platform.provider, target.value, ATTEMPT));
  const query = Object.fromEntries([...callback.searchParams].map(([name, value]) => [name, [value]]));
  const tokens = await client.exchange(platform.provider, target.value, ATTEMPT, query);
  if (!tokens.ok || target.value.pinned === undefined) throw new Error('not connected');
  return { client, pinned: target.value.pinned, target: target.value, tokens: tokens.value, query };
}

const connection = (pinned: PinnedServer): ConnectionFacts => ({
  kind: 'mcp',
  connectionId: 'c-1',
  scopes: ['issues:read'],
  connectedAtMs: 0,
  failures: 0,
  pinned,
});

const callMcp = (accessToken: string) =>
  fetch(platform.mcpUrl, { method: 'POST', headers: { authorization: `Bearer ${accessToken}` }, body: '{}' });

describe('an MCP server of which only the URL is known (oidc-provider)', () => {
  test('registers, authorizes with PKCE and resource, and gives a token that the server takes', async () => {
    const { tokens, target } = await connect();
    expect(target.sendsIssuer).toBe(true);
    expect(tokens.scopes).toEqual(['issues:read', 'issues:write']);
    expect(tokens.refreshToken).toEqual(expect.any(String));
    expect((await callMcp(tokens.accessToken)).status).not.toBe(401);
  });

  test('is refreshed, token by token, at the pinned endpoint with the pinned client', async () => {
    const { client, pinned, tokens } = await connect();
    const next = await client.refresh(platform.provider, connection(pinned), tokens.refreshToken ?? '');
    expect(next).toMatchObject({ ok: true });
    expect(next.ok && next.value.refreshToken).not.toBe(tokens.refreshToken);
    expect((await callMcp(next.ok ? next.value.accessToken : '')).status).not.toBe(401);
  });

  test('the refresh token that was used up is refused for good', async () => {
    const { client, pinned, tokens } = await connect();
    await client.refresh(platform.provider, connection(pinned), tokens.refreshToken ?? '');
    expect(await client.refresh(platform.provider, connection(pinned), tokens.refreshToken ?? '')).toEqual(
      err({ kind: 'refused', cause: 'invalid_grant' }),
    );
  });

  test('ends at the server when it is revoked', async () => {
    const { client, pinned, tokens } = await connect();
    expect(await client.revoke(platform.provider, connection(pinned), tokens)).toEqual(ok(true));
    expect(await client.refresh(platform.provider, connection(pinned), tokens.refreshToken ?? '')).toMatchObject({
      error: { kind: 'refused' },
    });
  });

  test('refuses a callback without the issuer, or of another, before the code goes anywhere', async () => {
    const { client, target, query } = await connect();
    for (const iss of [[], ['https://evil.example'], [`${target.issuer}/`]]) {
      expect(await client.exchange(platform.provider, target, ATTEMPT, { ...query, iss })).toEqual(
        err({ kind: 'invalid', cause: 'callback_issuer' }),
      );
    }
  });

  test('a code that was redeemed is no good a second time', async () => {
    const { client, target, query } = await connect();
    expect(await client.exchange(platform.provider, target, ATTEMPT, query)).toEqual(
      err({ kind: 'refused', cause: 'invalid_grant' }),
    );
  });

  test('a person who declines is told apart from a failure', async () => {
    const client = gateway();
    const target = await client.target(platform.provider);
    if (!target.ok) throw new Error(target.error.cause);
    const url = await consentAt(client.authorizationUrl(platform.provider, target.value, ATTEMPT), 'deny');
    const query = Object.fromEntries([...url.searchParams].map(([name, value]) => [name, [value]]));
    expect(await client.exchange(platform.provider, target.value, ATTEMPT, query)).toEqual(
      err({ kind: 'refused', cause: 'access_denied' }),
    );
  });

  test('no discovery happens after connecting: refresh and revocation ask only what was pinned', async () => {
    const { pinned, tokens } = await connect();
    const asked: string[] = [];
    const http = providerHttp();
    const client = gateway((request) => {
      asked.push(request.url);
      return http(request);
    });
    await client.refresh(platform.provider, connection(pinned), tokens.refreshToken ?? '');
    await client.revoke(platform.provider, connection(pinned), tokens);
    expect(asked).toEqual([pinned.tokenEndpoint, pinned.revocationEndpoint]);
  });
});

describe('a pinned endpoint', () => {
  const secrets = providerSecrets({}, fakeSecretDocuments(), now);
  const outside = { ...platformless(), resource: 'https://mcp.tracker.example/mcp' };
  const pinned: PinnedServer = {
    issuer: 'https://auth.tracker.example',
    tokenEndpoint: 'https://auth.tracker.example/token',
    resource: outside.resource,
    clientId: 'c',
    clientAuthentication: 'none',
  };

  test.each(['10.0.0.7', '127.0.0.1', '169.254.169.254', 'fd00:ec2::254', '::ffff:10.0.0.1'])(
    'gets no refresh token while its name leads to %s (DNS rebinding)',
    async (address) => {
      const http = providerHttp({ resolve: async () => ['93.184.215.14', address] });
      const client = providerClient({ now, secrets, http });
      expect(await client.refresh(outside, connection(pinned), 'rt')).toEqual(
        err({ kind: 'invalid', cause: 'address_not_allowed' }),
      );
    },
  );

  test('that the record was made to say is not asked', async () => {
    const client = providerClient({ now, secrets });
    for (const tokenEndpoint of [
      'http://127.0.0.1:9001/token',
      'https://10.0.0.1/token',
      'http://auth.tracker.example/',
    ]) {
      expect(await client.refresh(outside, connection({ ...pinned, tokenEndpoint }), 'rt')).toEqual(
        err({ kind: 'invalid', cause: 'address_not_allowed' }),
      );
    }
  });

  test('of a connection that has none pinned, nothing is asked', async () => {
    const { pinned: _, ...facts } = connection(pinned);
    expect(await providerClient({ now, secrets }).refresh(outside, facts, 'rt')).toEqual(
      err({ kind: 'misconfigured', cause: 'not_pinned' }),
    );
  });

  test('a registered secret goes to the issuer that gave it, and to no other', async () => {
    const registration = {
      clientId: 'c',
      clientSecret: 'registered',
      authentication: 'client_secret_post',
      issuer: 'https://auth.tracker.example',
      redirectUri: 'x',
      registeredAtMs: 0,
    };
    const documents = fakeSecretDocuments({ s: JSON.stringify({ registration }) });
    const bodies: (string | undefined)[] = [];
    const client = providerClient({
      now,
      secrets: providerSecrets({ tracker: 's' }, documents, now),
      http: async ({ body }) => {
        bodies.push(body);
        return err({ kind: 'unavailable', cause: 'stopped' });
      },
    });
    const withSecret = { ...pinned, clientAuthentication: 'client_secret_post' } as const;
    await client.refresh(outside, connection(withSecret), 'rt');
    expect(bodies).toEqual([expect.stringContaining('client_secret=registered')]);
    const evil = { ...withSecret, issuer: 'https://evil.example' };
    expect(await client.refresh(outside, connection(evil), 'rt')).toEqual(
      err({ kind: 'misconfigured', cause: 'no_client_secret' }),
    );
    expect(bodies).toHaveLength(1);
  });
});

function platformless() {
  return {
    name: 'tracker',
    kind: 'mcp',
    facts: { id: 'tracker', name: 'Tracker', evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] } },
    scopes: [],
    origins: [],
    headers: {},
  } as const;
}
