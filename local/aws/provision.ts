import { randomBytes } from 'node:crypto';
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DescribeKeyCommand,
  KMSClient,
  NotFoundException,
} from '@aws-sdk/client-kms';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { AUTH_ATTRIBUTES } from '../../lambda/contract/auth-record';
import { SALT_ATTRIBUTES } from '../../lambda/contract/connection-record';
import { ENV } from '../../lambda/contract/env';
import { VAULT_ATTRIBUTES } from '../../lambda/contract/vault-record';
import type { EmbeddedAws } from './embedded-aws';
import { sdkConfig } from './sdk-config';

export interface ProvisionOptions {
  readonly gatewayId: string;
  readonly providers: readonly string[];
  /** The client secret at the identity provider, where there is one. */
  readonly idpClientSecret?: string;
  /** Platforms people connect their accounts of: each gets an empty secret for the gateway's client there. */
  readonly connectProviders?: readonly string[];
  /** What to put into those secrets, platform -> client secret. */
  readonly clientSecrets?: Readonly<Record<string, string>>;
  /** Whether the gateway authenticates by a key of its own at MCP servers' authorization servers. */
  readonly connectClientKey?: boolean;
}

/**
 * Creates what the stack would create, or finds it from an earlier run: the vault table, the vault key,
 * an empty secret for each provider, the key that seals session ids, the authorization server's table, first
 * signing key and key of refresh tokens, and what people's connections need.
 *
 * @returns the environment of the functions
 */
export async function provisionGateway(
  aws: Pick<EmbeddedAws, 'endpoint' | 'env'>,
  options: ProvisionOptions,
): Promise<Record<string, string>> {
  const { gatewayId, providers, idpClientSecret, connectProviders, connectClientKey = false } = options;
  const { clientSecrets = {} } = options;
  const config = sdkConfig(aws);
  const dynamodb = new DynamoDBClient(config);
  const kms = new KMSClient(config);
  const secrets = new SecretsManagerClient(config);
  try {
    return {
      [ENV.gatewayId]: gatewayId,
      [ENV.vaultTable]: await ensureTable(
        dynamodb,
        `${gatewayId}-vault`,
        [VAULT_ATTRIBUTES.pk],
        VAULT_ATTRIBUTES.expiresAt,
      ),
      [ENV.vaultKeyArn]: await ensureKey(kms, `alias/${gatewayId}-vault`, {
        Description: 'Wraps the data keys of the vault',
      }),
      [ENV.operatorSecrets]: await secretsOf(secrets, `${gatewayId}/operator`, providers),
      [ENV.sessionSecret]: await ensureSecret(secrets, `${gatewayId}/session`, randomText),
      [ENV.authTable]: await ensureTable(
        dynamodb,
        `${gatewayId}-auth`,
        [AUTH_ATTRIBUTES.pk, AUTH_ATTRIBUTES.sk],
        AUTH_ATTRIBUTES.expiresAt,
      ),
      [ENV.signingKeyArn]: await ensureKey(kms, `alias/${gatewayId}-signing`, {
        Description: 'Signs access tokens',
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        Tags: [{ TagKey: 'mcp:gateway', TagValue: gatewayId }],
      }),
      [ENV.tokenSecret]: await ensureSecret(secrets, `${gatewayId}/token`, randomText),
      ...(idpClientSecret === undefined
        ? {}
        : { [ENV.idpClientSecret]: await storedSecret(secrets, `${gatewayId}/idp`, idpClientSecret) }),
      [ENV.saltsTable]: await ensureTable(dynamodb, `${gatewayId}-salts`, [SALT_ATTRIBUTES.pk], undefined),
      ...(connectProviders === undefined
        ? {}
        : {
            [ENV.providerSecrets]: await secretsOf(secrets, `${gatewayId}/provider`, connectProviders, clientSecrets),
          }),
      ...(connectClientKey
        ? {
            [ENV.connectClientKeyArn]: await ensureKey(kms, `alias/${gatewayId}-connect-client`, {
              Description: 'Signs client assertions of the gateway',
              KeySpec: 'ECC_NIST_P256',
              KeyUsage: 'SIGN_VERIFY',
            }),
          }
        : {}),
    };
  } finally {
    for (const client of [dynamodb, kms, secrets]) client.destroy();
  }
}

async function ensureTable(
  client: DynamoDBClient,
  TableName: string,
  keys: readonly string[],
  expiry: string | undefined,
): Promise<string> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });
  if (expiry === undefined) return TableName;
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus !== 'ENABLED') {
    const TimeToLiveSpecification = { AttributeName: expiry, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  return TableName;
}

async function ensureKey(client: KMSClient, AliasName: string, input: CreateKeyCommandInput): Promise<string> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: AliasName }));
    return required(KeyMetadata?.Arn);
  } catch (error) {
    if (!(error instanceof NotFoundException)) throw error;
  }
  const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
  await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: required(KeyMetadata?.KeyId) }));
  return required(KeyMetadata?.Arn);
}

async function ensureSecret(
  client: SecretsManagerClient,
  Name: string,
  newValue: (() => string) | undefined,
): Promise<string> {
  try {
    return required((await client.send(new DescribeSecretCommand({ SecretId: Name }))).ARN);
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  const SecretString = newValue?.();
  const { ARN } = await client.send(
    new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
  );
  return required(ARN);
}

/** JSON object: provider -> secret, empty unless there is a value. */
async function secretsOf(
  client: SecretsManagerClient,
  path: string,
  providers: readonly string[],
  values: Readonly<Record<string, string>> = {},
): Promise<string> {
  const ids: Record<string, string> = {};
  for (const provider of providers) {
    const name = `${path}/${provider}`;
    const value = values[provider];
    ids[provider] = await (value === undefined
      ? ensureSecret(client, name, undefined)
      : storedSecret(client, name, value));
  }
  return JSON.stringify(ids);
}

function randomText(): string {
  return randomBytes(32).toString('base64');
}

/** Whatever an earlier run left, the value is this one. */
async function storedSecret(client: SecretsManagerClient, name: string, value: string): Promise<string> {
  const arn = await ensureSecret(client, name, () => value);
  await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: value }));
  return arn;
}

function required(value: string | undefined): string {
  if (value === undefined) throw new Error('the service answered without a name for what it created');
  return value;
}
