import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { ENV } from '../../../../../lambda/contract/env';
import { clientKeySet, clientMetadataDocument } from '../../../../../lambda/core/connections/client-metadata';
import { err } from '../../../../../lambda/core/result';
import { connectClientKey } from '../../../../../lambda/io/connections/client-assertion';
import { mcpTargets } from '../../../../../lambda/io/connections/mcp-target';
import { providerClient } from '../../../../../lambda/io/connections/provider-client';
import { providerHttp } from '../../../../../lambda/io/connections/provider-http';
import { providerSecrets } from '../../../../../lambda/io/connections/provider-secrets';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { consentAt } from '../../../../../local/demo/platforms/consent-visitor';
import { startMcpPlatform } from '../../../../../local/demo/platforms/mcp-platform';
import { loopbackFetcher } from '../../../../fixtures/providers/loopback-fetcher';
import { fakeSecretDocuments } from '../../../../helpers/fake-secret-documents';

const GATEWAY = 'https://mcp.example.com';
const now = Date.now;

let aws: EmbeddedAws;
let keyArn: string;
beforeAll(async () => {
  aws = await startEmbeddedAws();
  const environment = await provisionGateway(aws, { gatewayId: 'gw', providers: [], connectClientKey: true });
  keyArn = environment[ENV.connectClientKeyArn] ?? '';
});
afterAll(() => aws.close());
afterEach(() => aws.faults.clear());

const key = () => connectClientKey(keyArn, { env: aws.env, random: () => 0 });

test('an assertion names client and issuer, ends within a minute, and is never the same twice', async () => {
  const one = key();
  const [published, first, second] = await Promise.all([
    one.publicKey(),
    one.assertion('https://auth.example.com', 'client'),
    one.assertion('https://auth.example.com', 'client'),
  ]);
  if (!published.ok || !first.ok || !second.ok) throw new Error('not signed');
  const { kid, publicJwk } = published.value;
  expect(decodeProtectedHeader(first.value)).toEqual({ alg: 'ES256', typ: 'JWT', kid });
  const { payload } = await jwtVerify(first.value, await importJWK({ ...publicJwk }, 'ES256'));
  expect(payload).toMatchObject({ iss: 'client', sub: 'client', aud: 'https://auth.example.com' });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
  expect(first.value).not.toBe(second.value);
});

test('fails as KMS does', async () => {
  aws.faults.inject({ service: 'kms', operation: 'Sign', kind: 'throttle', times: 4 });
  expect(await key().assertion('https://auth.example.com', 'client')).toEqual(
    err({ service: 'kms', kind: 'throttled', name: 'ThrottlingException' }),
  );
});

test('a server that takes documents knows the gateway by its own, and its key by KMS (oidc-provider)', async () => {
  const clientKey = key();
  const published = await clientKey.publicKey();
  if (!published.ok) throw new Error(published.error.name);
  const metadata = { gatewayUrl: GATEWAY, clientName: 'Gateway', providers: ['tracker'] };
  const platform = await startMcpPlatform({
    allowsRegistration: false,
    documents: {
      [`${GATEWAY}/oauth/client.json`]: clientMetadataDocument(metadata, 'private_key_jwt'),
      [`${GATEWAY}/oauth/client-keys.json`]: clientKeySet([published.value]),
    },
  });
  const secrets = providerSecrets({}, fakeSecretDocuments(), now);
  const http = providerHttp();
  const options = { ...metadata, hasClientKey: true, fetcher: loopbackFetcher(), http, secrets, now };
  const client = providerClient({ now, secrets, clientKey, http, mcpTargets: mcpTargets(options) });
  const attempt = { redirectUri: `${GATEWAY}/callback/tracker`, state: 's'.repeat(43), codeVerifier: 'v'.repeat(43) };

  const target = await client.target(platform.provider);
  if (!target.ok) throw new Error(target.error.cause);
  expect(target.value).toMatchObject({
    clientId: `${GATEWAY}/oauth/client.json`,
    pinned: { clientAuthentication: 'private_key_jwt' },
  });
  const callback = await consentAt(client.authorizationUrl(platform.provider, target.value, attempt));
  const query = Object.fromEntries([...callback.searchParams].map(([name, value]) => [name, [value]]));
  const tokens = await client.exchange(platform.provider, target.value, attempt, query);
  expect(tokens).toMatchObject({ ok: true });
  const { pinned } = target.value;
  const facts = { kind: 'mcp', connectionId: 'c', scopes: [], connectedAtMs: 0, failures: 0 } as const;
  const refreshToken = (tokens.ok && tokens.value.refreshToken) || '';
  const connection = { ...facts, ...(pinned === undefined ? {} : { pinned }) };
  expect(await client.refresh(platform.provider, connection, refreshToken)).toMatchObject({ ok: true });
  await platform.close();
});
