import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CONNECTION_ATTRIBUTES, CONNECTION_KEYS } from '../lambda/contract/connection-record';
import { ENV } from '../lambda/contract/env';
import { acknowledge } from './acknowledge';
import type { ConnectionSettings } from './connections-input';
import type { CredentialVault } from './credential-vault';
import type { GatewayFunction } from './gateway-function';
import { arnOf } from './secret-arn';

export interface PeopleConnectionsProps {
  readonly vault: CredentialVault;
  readonly providers: ReadonlyMap<string, ConnectionSettings>;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
}

/**
 * What people's connections need beside the vault: a salt per person, the client secret of each provider, and the key
 * by which the gateway proves to MCP servers' authorization servers that it is itself.
 *
 * Permission and environment are given together, by one method per role, so that neither is forgotten.
 */
export class PeopleConnections extends Construct {
  /** A salt per person. Without any backup on purpose: deleting a salt is what makes a person's credentials unreadable. */
  readonly salts: TableV2;
  /** Providers whose client secret was made here and waits for its value. */
  readonly emptySecrets: readonly string[];
  private readonly vault: CredentialVault;
  private readonly clientKey: Key | undefined;
  private readonly secrets: ReadonlyMap<string, ISecret>;
  private readonly registrations: readonly ISecret[];

  constructor(scope: Construct, id: string, props: PeopleConnectionsProps) {
    super(scope, id);
    const { removalPolicy, providers } = props;
    this.vault = props.vault;
    this.salts = new TableV2(this, 'Salts', {
      partitionKey: { name: CONNECTION_ATTRIBUTES.pk, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      deletionProtection: props.deletionProtection,
      removalPolicy,
    });
    const kept = [...providers].filter(([, { needsSecret, registersItself }]) => needsSecret || registersItself);
    this.secrets = new Map(
      kept.map(([name, { secret }]) => [name, secret ?? this.emptySecret(name, removalPolicy)] as const),
    );
    this.registrations = kept.flatMap(([name, { registersItself }]) => {
      const secret = this.secrets.get(name);
      return registersItself && secret ? [secret] : [];
    });
    this.emptySecrets = kept.flatMap(([name, { secret, needsSecret }]) => (needsSecret && !secret ? [name] : []));
    this.clientKey = [...providers.values()].some(({ registersItself }) => registersItself)
      ? new Key(this, 'ClientKey', {
          description: 'Authenticates the MCP gateway to the authorization servers of MCP servers',
          keySpec: KeySpec.ECC_NIST_P256,
          keyUsage: KeyUsage.SIGN_VERIFY,
          removalPolicy,
        })
      : undefined;
  }

  /** For the function of tool calls: what a call needs, and nothing that gets another token. */
  grantUse(mcp: GatewayFunction, refresher: GatewayFunction): void {
    mcp.allow(['dynamodb:BatchGetItem'], [this.vault.table.tableArn, this.salts.tableArn]);
    mcp.addEnvironment(ENV.saltsTable, this.salts.tableName);
    this.grantInvoke(mcp, refresher);
  }

  /** For the function people connect with: seal and store, without being able to open what is stored. */
  grantConnect(connect: GatewayFunction, refresher: GatewayFunction): void {
    this.vault.grantSealForPeople(connect);
    this.readState(connect);
    connect.allow(['dynamodb:UpdateItem'], [this.vault.table.tableArn], ofConnections());
    connect.allow(['dynamodb:PutItem'], [this.salts.tableArn]);
    this.readSecrets(connect);
    if (this.registrations.length > 0) {
      connect.allow(['secretsmanager:PutSecretValue'], this.registrations.map(arnOf));
      this.throughSecretsManager(connect, ['kms:GenerateDataKey'], this.registrations);
    }
    this.signAsClient(connect);
    this.grantInvoke(connect, refresher);
  }

  /** For the function that gets new tokens and ends old ones. It has no route. */
  grantRefresh(refresher: GatewayFunction): void {
    this.vault.grantOpenForPeople(refresher);
    this.readState(refresher);
    refresher.allow(['dynamodb:Scan'], [this.vault.table.tableArn]);
    refresher.allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [this.vault.table.tableArn], ofConnections());
    this.readSecrets(refresher);
    this.signAsClient(refresher);
  }

  /** For the administrators' function: see, end and forbid; it can open nothing. */
  grantAdministration(grants: GatewayFunction, refresher: GatewayFunction): void {
    grants.allow(['dynamodb:Scan', 'dynamodb:GetItem', 'dynamodb:BatchGetItem'], [this.vault.table.tableArn]);
    grants.allow(
      ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      [this.vault.table.tableArn],
      leadingKeys(`${CONNECTION_KEYS.connectionPrefix}*`, CONNECTION_KEYS.providerSwitch('*')),
    );
    grants.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], [this.salts.tableArn]);
    grants.addEnvironment(ENV.vaultTable, this.vault.table.tableName);
    grants.addEnvironment(ENV.saltsTable, this.salts.tableName);
    this.grantInvoke(grants, refresher);
  }

  /** For the function that takes secrets in: replace a client secret, without being able to read it back. */
  grantManage(vault: GatewayFunction): void {
    if (this.secrets.size > 0) {
      vault.allow(['secretsmanager:PutSecretValue'], [...this.secrets.values()].map(arnOf));
      this.throughSecretsManager(vault, ['kms:Decrypt', 'kms:GenerateDataKey'], [...this.secrets.values()]);
    }
    this.nameSecrets(vault);
  }

  private grantInvoke(caller: GatewayFunction, refresher: GatewayFunction): void {
    caller.allow(['lambda:InvokeFunction'], [refresher.alias.functionArn]);
    caller.addEnvironment(ENV.refresherFunction, refresher.alias.functionArn);
  }

  private readState(reader: GatewayFunction): void {
    reader.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [this.vault.table.tableArn, this.salts.tableArn]);
    reader.addEnvironment(ENV.vaultTable, this.vault.table.tableName);
    reader.addEnvironment(ENV.saltsTable, this.salts.tableName);
  }

  private readSecrets(reader: GatewayFunction): void {
    if (this.secrets.size > 0) {
      reader.allow(['secretsmanager:GetSecretValue'], [...this.secrets.values()].map(arnOf));
      this.throughSecretsManager(reader, ['kms:Decrypt'], [...this.secrets.values()]);
    }
    this.nameSecrets(reader);
  }

  private nameSecrets(user: GatewayFunction): void {
    const ids = [...this.secrets].map(([name, secret]) => [name, secret.secretArn]);
    user.addEnvironment(ENV.providerSecrets, Stack.of(this).toJsonString(Object.fromEntries(ids)));
  }

  private signAsClient(fn: GatewayFunction): void {
    if (this.clientKey === undefined) return;
    fn.allow(['kms:Sign', 'kms:GetPublicKey'], [this.clientKey.keyArn]);
    fn.addEnvironment(ENV.connectClientKeyArn, this.clientKey.keyArn);
  }

  /** Without a value: it is entered by an operator or by the gateway's own registration, in no template. */
  private emptySecret(name: string, removalPolicy: RemovalPolicy): ISecret {
    const secret = new Secret(this, `Client-${name}`, {
      description: `The MCP gateway as a client of ${name}: client secret or registration`,
      removalPolicy,
    });
    (secret.node.defaultChild as CfnSecret).generateSecretString = undefined;
    acknowledge(secret, 'clientSecret');
    return secret as ISecret;
  }

  /** Secrets given with a key of their own need that key, through Secrets Manager only. */
  private throughSecretsManager(fn: GatewayFunction, actions: string[], secrets: readonly ISecret[]): void {
    const keys = secrets.map(({ encryptionKey }) => encryptionKey).filter((key): key is IKey => !!key);
    if (keys.length === 0) return;
    const service = `secretsmanager.${Stack.of(this).region}.${Stack.of(this).urlSuffix}`;
    fn.allow(actions, [...new Set(keys.map((key) => key.keyArn))], { StringEquals: { 'kms:ViaService': service } });
  }
}

function ofConnections() {
  return leadingKeys(`${CONNECTION_KEYS.connectionPrefix}*`);
}

/** Patterns of partition keys, which are all that IAM sees of an item: operators' keys are in the same table. */
function leadingKeys(...patterns: string[]) {
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } };
}
