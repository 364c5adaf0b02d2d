import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkProvider } from '../../../../lambda/config/check-provider';
import { PROVIDERS } from '../../../../lambda/providers';
import type { ProviderFacts } from '../../../../lambda/providers/provider-facts';

const catalogue: Readonly<Record<string, ProviderFacts>> = PROVIDERS;
const each = Object.entries(catalogue);
const oauth = each.flatMap(([id, facts]) => (facts.oauth ? [[id, facts.oauth] as const] : []));
const ids = (found: readonly (readonly [string, unknown])[]) => found.map(([id]) => id);

test('there are at least fifty platforms', () => {
  expect(each.length).toBeGreaterThanOrEqual(50);
});

test('every file of the folder is a platform of the catalogue, in alphabetical order, under its own id', () => {
  const files = readdirSync(join(__dirname, '../../../../lambda/providers'))
    .filter((name) => /^(?!index|provider-facts).*\.ts$/.test(name))
    .map((name) => name.replace('.ts', ''));
  expect(Object.keys(catalogue)).toEqual(files.sort());
  expect(each.filter(([id, facts]) => facts.id !== id)).toEqual([]);
});

test.each(each)('what is said of %s holds together', (_, facts) => {
  expect(checkProvider(facts)).toEqual([]);
});

test('every platform says where its facts are from, and can be used in some way', () => {
  expect(each.filter(([, { evidence }]) => !evidence?.sources.length)).toEqual([]);
  expect(each.filter(([, facts]) => !facts.oauth && !facts.apiKey)).toEqual([]);
});

test('no two platforms have the same name', () => {
  expect(new Set(each.map(([, { name }]) => name)).size).toBe(each.length);
});

describe('what breaks a strict client is said of', () => {
  test('platforms that do not take PKCE', () => {
    expect(ids(oauth.filter(([, { pkce }]) => pkce === 'omit'))).toEqual([
      'gong',
      'linkedin',
      'monday',
      'slack',
      'slack-bot',
      'square',
    ]);
  });

  test('platforms that answer errors with HTTP 200', () => {
    expect(ids(oauth.filter(([, { response }]) => response?.errorInSuccess))).toEqual([
      'github',
      'github-app',
      'reddit',
      'slack',
      'slack-bot',
      'slack-mcp',
    ]);
  });

  test('platforms whose token requests are JSON', () => {
    expect(ids(oauth.filter(([, facts]) => facts.tokenRequestFormat === 'json'))).toEqual(['notion', 'square']);
  });

  test('platforms that separate scopes by commas', () => {
    expect(ids(oauth.filter(([, facts]) => facts.scopeSeparator === ','))).toEqual([
      'linear',
      'shopify',
      'slack',
      'slack-bot',
      'slack-mcp',
    ]);
  });

  test('platforms whose old access token dies at a refresh', () => {
    expect(ids(oauth.filter(([, { refresh }]) => refresh.endsAccessToken))).toEqual([
      'github-app',
      'gitlab',
      'zendesk',
    ]);
  });

  test('platforms where ending the old token of a reconnect would end the new one', () => {
    const grant = ids(oauth.filter(([, { revocation }]) => revocation?.ends === 'grant'));
    expect(grant).toEqual(expect.arrayContaining(['google', 'slack', 'discord']));
    expect(grant).not.toContain('github');
  });

  test('the issuer of every callback of GitHub', () => {
    expect([PROVIDERS.github, PROVIDERS['github-app']].map((facts: ProviderFacts) => facts.oauth?.issuer)).toEqual([
      'https://github.com/login/oauth',
      'https://github.com/login/oauth',
    ]);
  });

  test('platforms where the token is not sent as Bearer', () => {
    expect(ids(oauth.filter(([, { apiHeaders }]) => apiHeaders))).toEqual(['shopify']);
  });
});
