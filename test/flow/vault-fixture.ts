import { randomBytes, randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { UpstreamConfig } from '../../lambda/config/gateway-config';
import { ENV } from '../../lambda/contract/env';
import { operatorKeyId } from '../../lambda/contract/vault-record';
import { Credentials } from '../../lambda/core/credentials';
import type { VaultRecordSource } from '../../lambda/core/ports';
import { candidateRecords } from '../../lambda/core/refused-keys';
import { keyShapes } from '../../lambda/core/vault/key-shape';
import type { VaultContext } from '../../lambda/core/vault/serve-vault';
import { dynamodbVaultRecords } from '../../lambda/io/aws/dynamodb-vault-records';
import { kmsDataKeys } from '../../lambda/io/aws/kms-data-keys';
import { secretsManagerValues } from '../../lambda/io/aws/secrets-manager-values';
import { dynamodbKeyRecords } from '../../lambda/io/vault/dynamodb-key-records';
import { kmsDataKeyMaker } from '../../lambda/io/vault/kms-data-key-maker';
import { SDK_OPTIONS } from '../../lambda/io/vault/sdk-options';
import { secretsManagerVersions } from '../../lambda/io/vault/secrets-manager-versions';
import { type VaultProxyAnswer, vaultHandler } from '../../lambda/io/vault/vault-handler';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import { provisionGateway } from '../../local/aws/provision';
import { sdkConfig } from '../../local/aws/sdk-config';

export const ACTOR = 'arn:aws:sts::123456789012:assumed-role/Operator/alice';

export interface Call {
  readonly method: string;
  /** Under `/vault/keys`. */
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly actor?: string | null;
  /** What `path` is below. @default '/vault/keys' */
  readonly root?: string;
  /** As API Gateway passes bodies of binary media types. */
  readonly base64?: boolean;
}

/** The vault function over embedded AWS, and the hot path's reader beside it. */
export interface VaultFixture {
  readonly aws: EmbeddedAws;
  readonly context: VaultContext;
  /** Everything the function logged. */
  readonly logged: Readonly<Record<string, unknown>>[];
  /** A provider nothing has happened to yet. */
  freshProvider(): string;
  call(call: Call, context?: VaultContext): Promise<VaultProxyAnswer>;
  /** What an upstream call would carry now, or why not. */
  use(provider: string): Promise<string>;
  /** The key that is tried when the upstream has refused the one in use. */
  useNext(provider: string): Promise<string>;
  /** Version id -> labels, as Secrets Manager has them. */
  labels(provider: string): Promise<Record<string, string[]>>;
  /** The version id in the record. */
  named(provider: string): Promise<string | undefined>;
  /** Everything stored about a provider, as text. */
  everythingStored(provider: string): Promise<string>;
  close(): Promise<void>;
}

const PROVIDERS = Array.from({ length: 130 }, (_, at) => `p${at}`);
/** Its secret holds the gateway's client secret at `github`. */
export const CLIENT_OF = 'client-of-github';
const UPSTREAMS = PROVIDERS.map(
  (provider): UpstreamConfig => ({
    name: provider,
    url: `https://${provider}.example/mcp`,
    credential: { provider, headers: { Authorization: 'Bearer {key}' } },
    connectTimeoutMs: 1,
    idleTimeoutMs: 1,
    totalTimeoutMs: 1,
  }),
);

export async function startVaultFixture(): Promise<VaultFixture> {
  const aws = await startEmbeddedAws();
  const env = await provisionGateway(aws, { gatewayId: 'gw', providers: [...PROVIDERS, CLIENT_OF] });
  const tableName = env[ENV.vaultTable] ?? '';
  const secretIds = new Map(Object.entries<string>(JSON.parse(env[ENV.operatorSecrets] ?? '{}')));
  const options = { ...sdkConfig(aws), ...SDK_OPTIONS };
  const dynamodb = new DynamoDBClient(options);
  const secretsManager = new SecretsManagerClient(options);
  const context: VaultContext = {
    gatewayId: 'gw',
    shapes: keyShapes({ upstreams: UPSTREAMS }),
    secretIds,
    // One of the many secrets that are there, in the place of a provider's.
    clientSecretIds: new Map([['github', secretIds.get(CLIENT_OF) ?? '']]),
    records: dynamodbKeyRecords(dynamodb, tableName),
    secrets: secretsManagerVersions(secretsManager),
    dataKeys: kmsDataKeyMaker(new KMSClient(options), env[ENV.vaultKeyArn] ?? ''),
    now: Date.now,
    randomBytes,
    randomId: randomUUID,
  };
  const logged: Readonly<Record<string, unknown>>[] = [];
  const free = [...PROVIDERS];
  const secretOf = (provider: string) => secretIds.get(provider) ?? '';
  const itemOf = async (provider: string) => {
    const Key = { pk: { S: operatorKeyId(provider) } };
    return (await dynamodb.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
  };
  const labelsOf = async (provider: string) =>
    (await secretsManager.send(new DescribeSecretCommand({ SecretId: secretOf(provider) }))).VersionIdsToStages ?? {};

  const useOf = async (provider: string, view: (records: VaultRecordSource) => VaultRecordSource) => {
    const options = { env: aws.env };
    const reader = new Credentials({
      gatewayId: 'gw',
      cacheTtlMs: 0,
      now: Date.now,
      records: view(dynamodbVaultRecords(tableName, options)),
      secrets: secretsManagerValues(options),
      dataKeys: kmsDataKeys(options),
    });
    const upstream = UPSTREAMS.find(({ name }) => name === provider);
    if (upstream === undefined) throw new Error(`no upstream ${provider}`);
    const credential = await reader.get(upstream, Date.now() + 10_000);
    return credential.ok ? (credential.value?.headers['authorization'] ?? '') : credential.error.reason;
  };

  return {
    aws,
    context,
    logged,
    freshProvider() {
      const provider = free.pop();
      if (provider === undefined) throw new Error('out of providers: raise their number');
      return provider;
    },
    call: (call, used = context) => vaultHandler(used, (line) => logged.push(line))(proxyEvent(call)),
    use: (provider) => useOf(provider, (records) => records),
    useNext: (provider) => useOf(provider, candidateRecords),
    labels: labelsOf,
    async named(provider) {
      return (await itemOf(provider))?.['secretVersionId']?.S;
    },
    async everythingStored(provider) {
      const versions = Object.keys(await labelsOf(provider));
      const texts = versions.map(async (VersionId) => {
        const command = new GetSecretValueCommand({ SecretId: secretOf(provider), VersionId });
        return (await secretsManager.send(command)).SecretString;
      });
      return JSON.stringify([await itemOf(provider), await Promise.all(texts)]);
    },
    close: () => aws.close(),
  };
}

function proxyEvent({ method, root = '/vault/keys', path = '', body, headers, actor = ACTOR, base64 = false }: Call) {
  const [, provider, action] = path.split('/');
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
  return {
    httpMethod: method,
    resource: `${root}${provider === undefined ? '' : '/{provider}'}${action === undefined ? '' : `/${action}`}`,
    path: `${root}${path}`,
    headers: headers ?? (text === undefined ? null : { 'Content-Type': 'application/json' }),
    multiValueHeaders: null,
    pathParameters: provider === undefined ? null : { provider },
    body: text === undefined ? null : Buffer.from(text).toString(base64 ? 'base64' : 'utf8'),
    isBase64Encoded: base64,
    requestContext: { requestId: 'request-1', identity: { userArn: actor } },
  };
}
