import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ENV } from '../../../../../lambda/contract/env';
import {
  type ProviderRegistration,
  readProviderSecret,
  writeProviderSecret,
} from '../../../../../lambda/core/connections/provider-secret';
import { err, ok } from '../../../../../lambda/core/result';
import { secretsManagerDocuments } from '../../../../../lambda/io/aws/secrets-manager-documents';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';

const REGISTRATION: ProviderRegistration = {
  clientId: 'dcr-1',
  clientSecret: 's',
  authentication: 'client_secret_post',
  issuer: 'https://auth.example.com',
  redirectUri: 'https://mcp.example.com/callback/tracker',
  registeredAtMs: 1,
};

let aws: EmbeddedAws;
let ids: Record<string, string>;
let manager: SecretsManagerClient;
beforeEach(async () => {
  aws = await startEmbeddedAws();
  const environment = await provisionGateway(aws, {
    gatewayId: 'gw',
    providers: [],
    connectProviders: ['tracker', 'acme'],
    clientSecrets: { acme: 's3cret' },
  });
  ids = JSON.parse(environment[ENV.providerSecrets] ?? '') as Record<string, string>;
  manager = new SecretsManagerClient(sdkConfig(aws));
});
afterEach(async () => {
  manager.destroy();
  await aws.close();
});

const store = (text: string, provider = 'acme') =>
  manager.send(new PutSecretValueCommand({ SecretId: ids[provider], SecretString: text }));
const secrets = (now: () => number = Date.now) =>
  providerSecrets(ids, secretsManagerDocuments({ env: aws.env, random: () => 0 }), now);

describe('in Secrets Manager', () => {
  test('a client secret is read, and a new one after a minute or when it is asked for', async () => {
    let later = 0;
    const own = secrets(() => Date.now() + later);
    await store('{"clientSecret":"first"}');
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 'first' }));
    await store('second');
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 'first' }));
    own.forget('acme');
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 'second' }));
    await store('third');
    later = 61_000;
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 'third' }));
  });

  test('while Secrets Manager does not answer, what was read goes on, unless a provider has refused it', async () => {
    let later = 0;
    const own = secrets(() => Date.now() + later);
    await own.read('acme');
    aws.faults.inject({ service: 'secretsmanager', kind: 'throttle' });
    later = 61_000;
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 's3cret' }));
    own.forget('acme');
    expect(await own.read('acme')).toMatchObject({
      ok: false,
      error: { service: 'secretsmanager', kind: 'throttled' },
    });
    aws.faults.clear();
    await store('second');
    expect(await own.read('acme')).toMatchObject(ok({ clientSecret: 'second' }));
  });

  test('a secret that nobody has filled is empty, and so is that of a provider without one', async () => {
    expect(await secrets().read('tracker')).toEqual(ok({ registrations: [], versionId: 'none' }));
    expect(await secrets().read('other')).toEqual(ok({ registrations: [], versionId: 'none' }));
    expect(await secrets().read('__proto__')).toEqual(ok({ registrations: [], versionId: 'none' }));
  });

  test('of many that register at once, all get the one that was kept', async () => {
    const kept = await Promise.all(
      Array.from({ length: 8 }, (_, at) => secrets().keep('tracker', { ...REGISTRATION, clientId: `dcr-${at}` })),
    );
    const ids = new Set(kept.map((one) => (one.ok ? one.value.clientId : one.error.name)));
    expect(ids.size).toBe(1);
    const found = await secrets().read('tracker');
    expect(found.ok && found.value.registrations).toHaveLength(1);
  });

  test('a second registration is kept before the first, and a client secret beside both', async () => {
    await store('{"clientSecret":"entered"}', 'tracker');
    const other = { ...REGISTRATION, clientId: 'dcr-2', issuer: 'https://other.example.com' };
    await secrets().keep('tracker', REGISTRATION);
    await secrets().keep('tracker', other);
    expect(await secrets().read('tracker')).toMatchObject(
      ok({ clientSecret: 'entered', registrations: [other, REGISTRATION] }),
    );
  });

  test('fails as Secrets Manager does', async () => {
    aws.faults.inject({ service: 'secretsmanager', operation: 'GetSecretValue', kind: 'throttle', times: 4 });
    expect(await secrets().read('acme')).toEqual(
      err({ service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' }),
    );
    aws.faults.inject({ service: 'secretsmanager', operation: 'PutSecretValue', kind: 'throttle', times: 4 });
    expect(await secrets().keep('tracker', REGISTRATION)).toEqual(
      err({ service: 'secretsmanager', kind: 'throttled', name: 'ThrottlingException' }),
    );
  });

  test('fails to keep what has no place', async () => {
    expect(await secrets().keep('other', REGISTRATION)).toEqual(
      err({ service: 'secretsmanager', kind: 'not_found', name: 'NoProviderSecret' }),
    );
  });
});

describe('the text of a secret', () => {
  test.each([
    ['plain', { clientSecret: 'plain', registrations: [] }],
    [' pasted\n', { clientSecret: 'pasted', registrations: [] }],
    ['{"clientSecret":"json"}', { clientSecret: 'json', registrations: [] }],
    ['"quoted"', { clientSecret: '"quoted"', registrations: [] }],
    ['', { registrations: [] }],
    ['{}', { registrations: [] }],
    ['{"clientSecret":5,"registration":{"clientId":"a"},"earlier":[1,null]}', { registrations: [] }],
  ])('%j', (text, secret) => {
    expect(readProviderSecret(text)).toEqual(secret);
  });

  test('is read as it was written, the newest twenty of it', () => {
    const registrations = Array.from({ length: 25 }, (_, at) => ({ ...REGISTRATION, clientId: `dcr-${at}` }));
    const secret = { clientSecret: 's', registrations };
    expect(readProviderSecret(writeProviderSecret(secret))).toEqual({
      clientSecret: 's',
      registrations: registrations.slice(0, 20),
    });
  });
});
