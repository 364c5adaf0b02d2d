import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AUTH_ATTRIBUTES, AUTH_KEYS } from '../lambda/contract/auth-record';
import { ENV } from '../lambda/contract/env';
import { acknowledge, acknowledgeKeysByTag } from './acknowledge';
import type { ClientAuthentication } from './client-authentication';
import type { GatewayFunction } from './gateway-function';
import { arnOf } from './secret-arn';

export interface AuthorizationServerProps {
  readonly gatewayId: string;
  /** How the gateway authenticates to the identity provider. */
  readonly clientAuthentication: ClientAuthentication;
  readonly removalPolicy: RemovalPolicy;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecoveryDays: number;
}

/** The tag of the signing keys rotation makes: by it, policies tell them from every other key of the account. */
export const KEY_TAG = 'mcp:gateway';

/** Keys wait this long before KMS deletes them, so that a mistake can be undone. */
const LEAST_DELETION_DAYS = 7;

/**
 * What sign-in keeps: grants and sign-ins in progress in DynamoDB, the key that signs access tokens in KMS, and the
 * secrets that are the gateway's own.
 *
 * Permission and environment are given together, by one method per role, so that neither is forgotten.
 */
export class AuthorizationServer extends Construct {
  /** No item holds a token, a code or anything either could be made from. */
  readonly table: TableV2;
  /** The first key that signs access tokens; rotation makes the later ones. */
  readonly signingKey: Key;
  /** Signs the gateway's assertions toward the identity provider, where that is how it authenticates. */
  readonly idpClientKey: Key | undefined;
  /** The client secret at the identity provider, where there is one. */
  readonly idpSecret: ISecret | undefined;
  /** Whether that secret was made here and waits for its value. */
  readonly isIdpSecretEmpty: boolean;
  private readonly tokenSecret: ISecret;
  private readonly gatewayId: string;

  constructor(scope: Construct, id: string, props: AuthorizationServerProps) {
    super(scope, id);
    const { removalPolicy } = props;
    const { _method: method, _secret: given } = props.clientAuthentication;
    this.gatewayId = props.gatewayId;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: AUTH_ATTRIBUTES.pk, type: AttributeType.STRING },
      sortKey: { name: AUTH_ATTRIBUTES.sk, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: AUTH_ATTRIBUTES.expiresAt,
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: true,
        recoveryPeriodInDays: props.pointInTimeRecoveryDays,
      },
      deletionProtection: props.deletionProtection,
      removalPolicy,
    });
    this.signingKey = this.signingKeyOf('SigningKey', 'Signs the access tokens of the MCP gateway', removalPolicy);
    const tokenSecret = new Secret(this, 'TokenSecret', {
      description: 'Key that authenticates the refresh tokens of the MCP gateway',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy,
    });
    acknowledge(tokenSecret, 'tokenSecret');
    this.tokenSecret = tokenSecret as ISecret;
    this.idpClientKey =
      method === 'private_key_jwt'
        ? this.signingKeyOf('IdpClientKey', 'Authenticates the MCP gateway to the identity provider', removalPolicy)
        : undefined;
    const usesSecret = method !== 'private_key_jwt' && method !== 'none';
    this.isIdpSecretEmpty = usesSecret && given === undefined;
    this.idpSecret = usesSecret ? (given ?? this.emptyIdpSecret(removalPolicy)) : undefined;
  }

  /** For the function that signs people in and issues tokens. */
  grantSignIn(authz: GatewayFunction, fetcher: GatewayFunction): void {
    authz.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], [this.table.tableArn]);
    // All but the gateway's switch, which only an administrator sets. The first to start writes the signing keys.
    this.allowWrites(authz, [
      AUTH_KEYS.transaction('*').pk,
      AUTH_KEYS.person('*'),
      AUTH_KEYS.registration('*').pk,
      AUTH_KEYS.document('*').pk,
      AUTH_KEYS.once('*').pk,
      AUTH_KEYS.session('*').pk,
      AUTH_KEYS.signingKeys().pk,
    ]);
    authz.allow(['kms:Sign', 'kms:GetPublicKey'], [this.signingKey.keyArn]);
    authz.allow(['kms:Sign', 'kms:GetPublicKey'], [this.anyKeyArn()], this.ownTag());
    const secrets = [this.tokenSecret, ...(this.idpSecret ? [this.idpSecret] : [])];
    authz.allow(['secretsmanager:GetSecretValue'], secrets.map(arnOf));
    authz.allow(['lambda:InvokeFunction'], [fetcher.alias.functionArn]);
    authz.addEnvironment(ENV.gatewayId, this.gatewayId);
    authz.addEnvironment(ENV.authTable, this.table.tableName);
    authz.addEnvironment(ENV.signingKeyArn, this.signingKey.keyArn);
    authz.addEnvironment(ENV.tokenSecret, this.tokenSecret.secretArn);
    authz.addEnvironment(ENV.fetcherFunction, fetcher.alias.functionArn);
    if (this.idpSecret) {
      authz.addEnvironment(ENV.idpClientSecret, this.idpSecret.secretArn);
      const { encryptionKey } = this.idpSecret;
      if (encryptionKey) authz.allow(['kms:Decrypt'], [encryptionKey.keyArn], this.throughSecretsManager());
    }
    if (this.idpClientKey) {
      authz.allow(['kms:Sign', 'kms:GetPublicKey'], [this.idpClientKey.keyArn]);
      authz.addEnvironment(ENV.idpClientKeyArn, this.idpClientKey.keyArn);
    }
    acknowledgeKeysByTag(authz, this.anyKeyArn());
  }

  /** For the function of people's own pages: sessions, sign-ins to providers, and an end to one's agents. */
  grantPages(connect: GatewayFunction, fetcher: GatewayFunction): void {
    connect.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], [this.table.tableArn]);
    // No client, no document and no signing key: what it writes says nothing of who may have a token.
    this.allowWrites(connect, [
      AUTH_KEYS.transaction('*').pk,
      AUTH_KEYS.person('*'),
      AUTH_KEYS.once('*').pk,
      AUTH_KEYS.session('*').pk,
    ]);
    connect.allow(['lambda:InvokeFunction'], [fetcher.alias.functionArn]);
    connect.addEnvironment(ENV.authTable, this.table.tableName);
    connect.addEnvironment(ENV.fetcherFunction, fetcher.alias.functionArn);
  }

  /** For a function that tokens open: is this grant still alive? Sign-ins and sessions are not for it to read. */
  grantCheck(user: GatewayFunction): void {
    const readable = [
      AUTH_KEYS.person('*'),
      AUTH_KEYS.clientSwitch('*').pk,
      AUTH_KEYS.gatewaySwitch().pk,
      // Public keys: the issuer it verifies tokens of is this gateway.
      AUTH_KEYS.signingKeys().pk,
    ];
    user.allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': readable },
    });
    user.addEnvironment(ENV.authTable, this.table.tableName);
  }

  /** For the administrators' function: list and end grants. */
  grantAdministration(grants: GatewayFunction): void {
    grants.allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], [this.table.tableArn]);
    // Grants and switches; above all not the signing keys: who writes that record says which tokens are genuine.
    this.allowWrites(grants, [AUTH_KEYS.person('*'), AUTH_KEYS.clientSwitch('*').pk, AUTH_KEYS.gatewaySwitch().pk]);
    grants.addEnvironment(ENV.authTable, this.table.tableName);
  }

  /** For the scheduled function: make, publish and retire signing keys; it can sign with none. */
  grantRotation(keys: GatewayFunction): void {
    const made = { [`aws:RequestTag/${KEY_TAG}`]: this.gatewayId };
    const onlyThisTag = { 'ForAllValues:StringEquals': { 'aws:TagKeys': [KEY_TAG] } };
    keys.allow(['kms:CreateKey'], ['*'], {
      StringEquals: { ...made, 'kms:KeySpec': KeySpec.ECC_NIST_P256, 'kms:KeyUsage': 'SIGN_VERIFY' },
      ...onlyThisTag,
    });
    // KMS asks for it as a key is created with a tag.
    keys.allow(['kms:TagResource'], [this.anyKeyArn()], { StringEquals: made, ...onlyThisTag });
    keys.allow(['kms:GetPublicKey'], [this.signingKey.keyArn]);
    keys.allow(['kms:GetPublicKey'], [this.anyKeyArn()], this.ownTag());
    const { StringEquals: ownTag } = this.ownTag();
    keys.allow(['kms:ScheduleKeyDeletion'], [this.anyKeyArn()], {
      // Not by the tag alone: whatever may tag could otherwise delete a key that decrypts.
      StringEquals: { ...ownTag, 'kms:KeySpec': KeySpec.ECC_NIST_P256, 'kms:KeyUsage': 'SIGN_VERIFY' },
      NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': LEAST_DELETION_DAYS },
    });
    keys.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [this.table.tableArn], {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [AUTH_KEYS.signingKeys().pk] },
    });
    keys.addEnvironment(ENV.gatewayId, this.gatewayId);
    keys.addEnvironment(ENV.authTable, this.table.tableName);
    keys.addEnvironment(ENV.signingKeyArn, this.signingKey.keyArn);
    acknowledge(keys, 'newKeys');
    acknowledgeKeysByTag(keys, this.anyKeyArn());
  }

  /** `partitions`: patterns of partition keys, which are all that IAM sees of an item. */
  private allowWrites(writer: GatewayFunction, partitions: readonly string[]): void {
    writer.allow(['dynamodb:PutItem'], [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
    });
  }

  private signingKeyOf(id: string, description: string, removalPolicy: RemovalPolicy): Key {
    return new Key(this, id, {
      description,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy,
    });
  }

  /** Without a value: it is entered by an operator, so that no template or deployment log ever holds it. */
  private emptyIdpSecret(removalPolicy: RemovalPolicy): ISecret {
    const secret = new Secret(this, 'IdpSecret', {
      description: 'Client secret of the MCP gateway at the identity provider',
      removalPolicy,
    });
    (secret.node.defaultChild as CfnSecret).generateSecretString = undefined;
    acknowledge(secret, 'idpSecret');
    return secret as ISecret;
  }

  /** Keys made later have ids nobody knows yet; what they have for certain is the tag. */
  private anyKeyArn(): string {
    return Stack.of(this).formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
  }

  private ownTag() {
    return { StringEquals: { [`aws:ResourceTag/${KEY_TAG}`]: this.gatewayId } };
  }

  private throughSecretsManager() {
    const { region, urlSuffix } = Stack.of(this);
    return { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } };
  }
}
