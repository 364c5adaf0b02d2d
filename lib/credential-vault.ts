import type { RemovalPolicy } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type CredentialUse, USE_CONTEXT_KEY } from '../lambda/contract/connection-record';
import { ENV } from '../lambda/contract/env';
import { ENCRYPTION_CONTEXT_KEYS, operatorKeyId, VAULT_ATTRIBUTES } from '../lambda/contract/vault-record';
import { acknowledge } from './acknowledge';
import type { GatewayFunction } from './gateway-function';
import { arnOf } from './secret-arn';

export interface CredentialVaultProps {
  readonly gatewayId: string;
  /** Provider -> the secret given for its key, if any. */
  readonly secrets: ReadonlyMap<string, ISecret | undefined>;
  /** Those that are rotated. */
  readonly rotated: ReadonlySet<string>;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecoveryDays: number;
}

/**
 * Where operator keys are kept: a record per key in DynamoDB, the sealed value in Secrets Manager, and the KMS key
 * that seals it.
 *
 * Permission and environment are given together, by one method per role, so that neither is forgotten.
 */
export class CredentialVault extends Construct {
  readonly table: TableV2;
  /** Wraps data keys and does nothing else: as a table's or secret's key it would open by other permissions too. */
  readonly key: Key;
  private readonly sessionSecret: ISecret;
  private readonly secrets: ReadonlyMap<string, ISecret>;
  private readonly gatewayId: string;

  constructor(scope: Construct, id: string, props: CredentialVaultProps) {
    super(scope, id);
    const { removalPolicy } = props;
    this.gatewayId = props.gatewayId;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: VAULT_ATTRIBUTES.pk, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: VAULT_ATTRIBUTES.expiresAt,
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.pointInTimeRecoveryDays,
      },
      deletionProtection: props.deletionProtection,
      removalPolicy,
    });
    this.key = new Key(this, 'Key', {
      description: 'Wraps the data keys of the MCP gateway vault',
      enableKeyRotation: true,
      removalPolicy,
    });
    const sessionSecret = new Secret(this, 'SessionKey', {
      description: 'Key that seals the session ids of the MCP gateway',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
    acknowledge(sessionSecret, 'sessionKey');
    this.sessionSecret = sessionSecret as ISecret;
    this.secrets = new Map(
      [...props.secrets].map(([provider, given]) => [provider, given ?? this.emptySecret(provider, props)]),
    );
  }

  /** For the function that uses keys: read them, and open them. */
  grantUse(user: GatewayFunction): void {
    user.allow(['dynamodb:GetItem'], [this.table.tableArn]);
    user.allow(['secretsmanager:GetSecretValue'], [...this.secrets.values(), this.sessionSecret].map(arnOf));
    user.allow(['kms:Decrypt'], [this.key.keyArn], this.ownContext('call'));
    this.throughSecretsManager(user, ['kms:Decrypt']);
    user.addEnvironment(ENV.gatewayId, this.gatewayId);
    user.addEnvironment(ENV.vaultTable, this.table.tableName);
    user.addEnvironment(ENV.sessionSecret, this.sessionSecret.secretArn);
  }

  /** For the function that takes keys in: seal and store them, without being able to read one back. */
  grantManage(manager: GatewayFunction): void {
    // No PutItem, no DeleteItem: every change is a conditional update of a version.
    // And none of what people have connected, which is in the same table.
    manager.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [operatorKeyId('*')] },
    });
    if (this.secrets.size > 0) {
      manager.allow(
        ['secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        [...this.secrets.values()].map(arnOf),
      );
    }
    manager.allow(['kms:GenerateDataKey'], [this.key.keyArn], this.ownContext('none'));
    this.throughSecretsManager(manager, ['kms:Decrypt', 'kms:GenerateDataKey']);
    manager.addEnvironment(ENV.gatewayId, this.gatewayId);
    manager.addEnvironment(ENV.vaultTable, this.table.tableName);
    manager.addEnvironment(ENV.vaultKeyArn, this.key.keyArn);
    manager.addEnvironment(ENV.operatorSecrets, this.secretIds([...this.secrets]));
  }

  /**
   * For the function that replaces keys by their platforms' APIs: all of these keys, and no other.
   *
   * @returns their secrets, by the same names
   */
  grantRotate(rotation: GatewayFunction, providers: readonly string[]): ReadonlyMap<string, ISecret> {
    const rotated = providers.flatMap((provider) => {
      const secret = this.secrets.get(provider);
      return secret ? [[provider, secret] as const] : [];
    });
    rotation.allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [this.table.tableArn], {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': rotated.map(([provider]) => operatorKeyId(provider)) },
    });
    rotation.allow(
      [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      rotated.map(([, secret]) => arnOf(secret)),
    );
    const { StringEquals: ofGateway, ...ofKeys } = this.ownContext('none');
    const names = { 'mcp:subject': 'operator', 'mcp:provider': rotated.map(([provider]) => provider) };
    const ofNames = Object.entries(names).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]);
    rotation.allow(['kms:Decrypt', 'kms:GenerateDataKey'], [this.key.keyArn], {
      ...ofKeys,
      StringEquals: { ...ofGateway, ...Object.fromEntries(ofNames) },
    });
    this.throughSecretsManager(
      rotation,
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      rotated.map(([, secret]) => secret),
    );
    rotation.addEnvironment(ENV.gatewayId, this.gatewayId);
    rotation.addEnvironment(ENV.vaultTable, this.table.tableName);
    rotation.addEnvironment(ENV.vaultKeyArn, this.key.keyArn);
    rotation.addEnvironment(ENV.operatorSecrets, this.secretIds(rotated));
    return new Map(rotated);
  }

  /** For the function people connect with: seal, without being able to open. */
  grantSealForPeople(connect: GatewayFunction): void {
    connect.allow(['kms:GenerateDataKey'], [this.key.keyArn], this.ownContext('any'));
    connect.allow(['secretsmanager:GetSecretValue'], [arnOf(this.sessionSecret)]);
    connect.addEnvironment(ENV.gatewayId, this.gatewayId);
    connect.addEnvironment(ENV.vaultKeyArn, this.key.keyArn);
    connect.addEnvironment(ENV.sessionSecret, this.sessionSecret.secretArn);
  }

  /** For the function that refreshes: open what a refresh needs, and seal what it brings. */
  grantOpenForPeople(refresher: GatewayFunction): void {
    refresher.allow(['kms:Decrypt'], [this.key.keyArn], this.ownContext('any'));
    refresher.addEnvironment(ENV.gatewayId, this.gatewayId);
    refresher.addEnvironment(ENV.vaultKeyArn, this.key.keyArn);
  }

  private secretIds(secrets: readonly (readonly [string, ISecret])[]): string {
    const ids = secrets.map(([provider, secret]) => [provider, secret.secretArn]);
    return Stack.of(this).toJsonString(Object.fromEntries(ids));
  }

  /** Without a value: it enters by the vault function, so that no template or deployment log ever holds it. */
  private emptySecret(provider: string, { removalPolicy, rotated }: CredentialVaultProps): ISecret {
    const secret = new Secret(this, `Key-${provider}`, {
      description: `Sealed key of provider ${provider}, kept by the MCP gateway vault`,
      removalPolicy,
    });
    (secret.node.defaultChild as CfnSecret).generateSecretString = undefined;
    if (!rotated.has(provider)) acknowledge(secret, 'operatorKey');
    return secret as ISecret;
  }

  /**
   * Only data keys of this gateway: another gateway's envelope does not open, even with access to the KMS key.
   *
   * @param use `none`: operators' keys. `call`: those, and of people's credentials what a call needs, which is never what
   * gets a new token. `any`: people's credentials only.
   */
  private ownContext(use: 'none' | 'call' | 'any'): Record<string, Record<string, unknown>> {
    const ofUse = `kms:EncryptionContext:${USE_CONTEXT_KEY}`;
    const keys = use === 'none' ? ENCRYPTION_CONTEXT_KEYS : [...ENCRYPTION_CONTEXT_KEYS, USE_CONTEXT_KEY];
    const uses: readonly CredentialUse[] = ['call', 'refresh'];
    return {
      StringEquals: {
        'kms:EncryptionContext:mcp:gateway': this.gatewayId,
        ...(use === 'any' ? { [ofUse]: uses } : {}),
      },
      ...(use === 'call' ? { StringEqualsIfExists: { [ofUse]: uses[0] } } : {}),
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...keys] },
    };
  }

  /** Secrets given with a key of their own need that key, through Secrets Manager only. */
  private throughSecretsManager(
    fn: GatewayFunction,
    actions: string[],
    secrets: readonly ISecret[] = [...this.secrets.values()],
  ): void {
    const keys = secrets.map(({ encryptionKey }) => encryptionKey).filter((key): key is IKey => !!key);
    if (keys.length === 0) return;
    const service = `secretsmanager.${Stack.of(this).region}.${Stack.of(this).urlSuffix}`;
    fn.allow(actions, [...new Set(keys.map((key) => key.keyArn))], { StringEquals: { 'kms:ViaService': service } });
  }
}
