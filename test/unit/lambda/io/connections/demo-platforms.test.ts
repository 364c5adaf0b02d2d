import type { ConnectionFacts } from '../../../../../lambda/contract/connection-record';
import { ok } from '../../../../../lambda/core/result';
import { providerClient } from '../../../../../lambda/io/connections/provider-client';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import { consentAt } from '../../../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';
import { startGitHubPlatform } from '../../../../../local/demo/platforms/github-platform';
import { startGooglePlatform } from '../../../../../local/demo/platforms/google-platform';
import { startNotionPlatform } from '../../../../../local/demo/platforms/notion-platform';
import { startSlackPlatform } from '../../../../../local/demo/platforms/slack-platform';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';

const now = Date.now;

describe.each([
  ['Slack', startSlackPlatform],
  ['GitHub', startGitHubPlatform],
  ['Google', startGooglePlatform],
  ['Notion', startNotionPlatform],
] as const)('%s, by the facts of the catalogue', (_, start) => {
  let platform: DemoPlatform;
  beforeAll(async () => {
    platform = await start();
  });
  afterAll(() => platform.close());

  async function connect() {
    const { provider, clientSecret } = platform;
    const documents = fakeSecretDocuments({ secret: JSON.stringify({ clientSecret }) });
    const client = providerClient({ now, secrets: providerSecrets({ [provider.name]: 'secret' }, documents, now) });
    const attempt = {
      redirectUri: `http://127.0.0.1:4444/callback/${provider.name}`,
      state: 's'.repeat(43),
      codeVerifier: 'v'.repeat(43),
    };
    const target = await client.target(provider);
    if (!target.ok) throw new Error(target.error.cause);
    const callback = await consentAt(client.authorizationUrl(provider, target.value, attempt));
    const query = Object.fromEntries([...callback.searchParams].map(([name, value]) => [name, [value]]));
    const tokens = await client.exchange(provider, target.value, attempt, query);
    if (!tokens.ok) throw new Error(tokens.error.cause);
    const facts: ConnectionFacts = {
      kind: 'oauth',
      connectionId: 'c-1',
      scopes: tokens.value.scopes,
      connectedAtMs: 0,
      failures: 0,
    };
    return { client, provider, tokens: tokens.value, facts };
  }

  test('a person connects, and is known', async () => {
    const { client, provider, tokens } = await connect();
    expect(await client.identify(provider, tokens)).toMatchObject({
      ok: true,
      value: { id: expect.stringMatching(/./), name: expect.stringMatching(/./) },
    });
  });

  test('the connection is refreshed, again and again, and nothing dead is sent', async () => {
    const { client, provider, tokens, facts } = await connect();
    let refreshToken = tokens.refreshToken ?? '';
    for (let round = 0; round < 3; round += 1) {
      const next = await client.refresh(provider, facts, refreshToken);
      expect(next).toMatchObject({ ok: true, value: { refreshToken: expect.stringMatching(/./) } });
      refreshToken = (next.ok && next.value.refreshToken) || '';
    }
    expect(platform.counts.invalidGrants).toBe(0);
  });

  test('a refresh token that was thrown out is refused for good', async () => {
    const { client, provider, tokens, facts } = await connect();
    await platform.endRefreshTokens();
    expect(await client.refresh(provider, facts, tokens.refreshToken ?? '')).toEqual({
      ok: false,
      error: { kind: 'refused', cause: 'invalid_grant' },
    });
  });

  test('what was connected is revoked', async () => {
    const { client, provider, tokens, facts } = await connect();
    const before = platform.counts.revocations;
    expect(await client.revoke(provider, facts, tokens)).toEqual(ok(true));
    expect(platform.counts.revocations).toBe(before + 1);
  });
});
