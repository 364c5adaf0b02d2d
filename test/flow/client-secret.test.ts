import { ACTOR, CLIENT_OF, startVaultFixture, type VaultFixture } from './vault-fixture';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await startVaultFixture();
});
afterAll(() => vault.close());
afterEach(() => vault.aws.faults.clear());

const bodyOf = ({ body }: { body: string }) => JSON.parse(body);

describe('the gateway’s client secret at a provider', () => {
  const SECRET = 'gho_client-secret/1+2=';
  const put = (provider: string, body: unknown) =>
    vault.call({ method: 'PUT', root: '/vault/clients', path: `/${provider}`, body });

  test('is replaced in one step, is never answered, and is in no log', async () => {
    expect(await put('github', { clientSecret: 'the one before' })).toMatchObject({ statusCode: 204, body: '' });
    expect(await put('github', { clientSecret: SECRET })).toEqual({
      statusCode: 204,
      headers: { 'Cache-Control': 'no-store' },
      body: '',
    });
    expect(
      Object.values(await vault.labels(CLIENT_OF))
        .flat()
        .sort(),
    ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    expect(await vault.everythingStored(CLIENT_OF)).toContain(JSON.stringify(JSON.stringify({ clientSecret: SECRET })));
    expect(vault.logged.at(-1)).toMatchObject({
      event: 'vault.store-client-secret',
      provider: 'github',
      actor: ACTOR,
      outcome: 'ok',
    });
    expect(JSON.stringify(vault.logged)).not.toContain(SECRET);
  });

  test('fails at a provider that has none, and names those that have', async () => {
    const answer = await put(SECRET.replace('/', ''), { clientSecret: SECRET });
    expect([answer.statusCode, bodyOf(answer).error]).toEqual([
      404,
      {
        code: 'unknown_provider',
        message: 'The gateway has no client secret at a provider of that name',
        help: 'Providers with one: github.',
      },
    ]);
    expect(vault.logged.at(-1)).toMatchObject({ provider: undefined, outcome: 'unknown_provider' });
  });

  test.each([
    ['"clientSecret" is not a string.', {}],
    ['"clientSecret" is empty.', { clientSecret: '' }],
    ['"clientSecret" begins or ends with white space.', { clientSecret: `${SECRET}\n` }],
    ['"clientSecret" has a character other than printable ASCII.', { clientSecret: 'geheim\u00fc' }],
    ['"clientSecret" is larger than 8 KB.', { clientSecret: 'x'.repeat(8193) }],
    ['The body has a member other than clientSecret.', { clientSecret: SECRET, clientId: 'x' }],
    ['The body has a member twice.', '{"clientSecret":"a","clientSecret":"b"}'],
    ['The body is not a JSON object.', 'gho_plain'],
  ])('fails, and keeps the one before: %s', async (message, body) => {
    const before = await vault.everythingStored(CLIENT_OF);
    const answer = await put('github', body);
    expect([answer.statusCode, bodyOf(answer).error.message]).toEqual([400, message]);
    expect(await vault.everythingStored(CLIENT_OF)).toBe(before);
  });

  test('cannot be read', async () => {
    const answer = await vault.call({ method: 'GET', root: '/vault/clients', path: '/github' });
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('gho_');
  });

  test('fails as passing trouble while Secrets Manager throttles', async () => {
    vault.aws.faults.inject({ operation: 'PutSecretValue', kind: 'throttle' });
    expect(await put('github', { clientSecret: SECRET })).toMatchObject({ statusCode: 503 });
  });
});
