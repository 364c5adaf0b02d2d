import { createHash } from 'node:crypto';
import { Annotations, Lazy, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../lambda/contract/env';
import { LIMITS } from '../lambda/contract/front-door';
import type { ResourceFacts } from '../lambda/contract/metadata';
import { AuthorizationServer, type AuthorizationServerProps } from './authorization-server';
import { refresherFunction } from './connection-functions';
import { CredentialVault } from './credential-vault';
import { GatewayApi } from './gateway-api';
import { GatewayFunction, type SharedFunctionProps } from './gateway-function';
import { connectionOutputs, gatewayOutputs, signInOutputs } from './gateway-outputs';
import { gatewaySettings } from './gateway-settings';
import { KeyRotation } from './key-rotation';
import { McpGatewayGrants } from './mcp-gateway-grants';
import type { McpGatewayProps } from './mcp-gateway-props';
import { PeopleConnections } from './people-connections';
import { routeLimits } from './route-throttling';
import { signInFunctions } from './sign-in-functions';
import { authorizationServerFacts, clientAuthenticationOf } from './sign-in-input';

const DEFAULT_MEMORY_MB = 512;
const AUTHORIZER_TIMEOUT_MS = 10_000;
const WORKS_WITH_TOKENS = 'Callers that bring a token work';
const WORKS_WITH_SIGN_IN =
  'Machines can sign in, and people with clients that follow the 401 challenge and then ask below the issuer (OpenID discovery)';

/**
 * An MCP gateway and a credential vault in your own account.
 *
 * Agents call one URL with your company's access tokens; the gateway adds the key each upstream wants, which the
 * agents never see. Keys enter the vault by `mcp-gateway vault store`, never by this construct.
 */
export class McpGateway extends Construct {
  /** The gateway's URL, without a trailing slash. Endpoints are at `<url>/mcp/<upstream>`. */
  public readonly url: string;

  /** The REST API in front. It belongs to the gateway: routes you add here are not covered by its checks. */
  public readonly api: RestApi;

  /** The function every tool call passes through. */
  public readonly mcpFunction: LambdaFunction;

  /** Records of the vault's keys; no values. */
  public readonly vaultTable: TableV2;

  /** The KMS key that wraps the vault's data keys. Use it for nothing else. */
  public readonly vaultKey: Key;

  /**
   * Grants, sign-ins in progress, registered clients and kill switches; no token.
   *
   * @default - none where callers bring tokens of another issuer
   */
  public readonly authTable?: TableV2;

  /**
   * The first KMS key that signs access tokens; rotation makes the later ones.
   *
   * @default - none where callers bring tokens of another issuer
   */
  public readonly signingKey?: Key;

  /**
   * A salt per person, without which nothing sealed for that person opens.
   *
   * It has no backup, and must not be given one: deleting a salt is how a person's credentials become unreadable in
   * every backup of the vault.
   *
   * It is there before anybody connects an account, and stays when the last platform is taken out of the app: another one
   * in its place would open nothing.
   *
   * @default - none where callers bring tokens of another issuer
   */
  public readonly saltsTable?: TableV2;

  /** Permissions for other principals. */
  public readonly grants: McpGatewayGrants;

  constructor(scope: Construct, id: string, props: McpGatewayProps) {
    super(scope, id);
    // Without a domain the URL is the API's, which is made once everything has been checked.
    const url = props.domain ? `https://${props.domain.domainName}` : Lazy.string({ produce: () => this.url });
    const settings = gatewaySettings(this, props, url);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;
    const tracing = props.tracing ?? false;
    const kept = {
      gatewayId: gatewayIdOf(this),
      removalPolicy,
      deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
      pointInTimeRecoveryDays: props.pointInTimeRecoveryDays ?? 7,
    };
    const limit = {
      throttlingRateLimit: props.throttlingRateLimit ?? 1000,
      throttlingBurstLimit: props.throttlingBurstLimit ?? 2000,
    };

    const vault = new CredentialVault(this, 'Vault', {
      ...kept,
      secrets: settings.secrets,
      rotated: new Set(settings.rotations.keys()),
    });
    const api = new GatewayApi(this, 'FrontDoor', {
      ...limit,
      routeLimits: routeLimits(settings.config.authorizationServer, limit, settings.connections.size > 0),
      domain: props.domain,
      accessLogs: props.accessLogs ?? props.accountLogRole ?? false,
      accountLogRole: props.accountLogRole ?? false,
      tracing,
      logRetention,
      removalPolicy,
    });
    this.url = api.url;
    const shared: SharedFunctionProps = {
      config: settings.config,
      environment: { [ENV.gatewayUrl]: api.url, ...settings.environment },
      tracing,
      logRetention,
      removalPolicy,
    };
    const functions = this.functions(props, shared);
    vault.grantUse(functions.mcp);
    vault.grantManage(functions.vault);
    const { rotations: schedules } = settings;
    if (schedules.size > 0) {
      new KeyRotation(this, 'KeyRotation', { ...shared, vault, schedules, memorySize: DEFAULT_MEMORY_MB });
    }
    const signIn = this.signIn(props, kept, shared, [functions.mcp, functions.vault]);
    const people =
      signIn && new PeopleConnections(this, 'Connections', { ...kept, vault, providers: settings.connections });
    const connections = settings.connections.size > 0 ? people : undefined;
    if (signIn && connections) this.connect(connections, { ...functions, ...signIn.functions }, shared);

    const facts: ResourceFacts = {
      gatewayUrl: api.url,
      issuer: settings.issuer,
      scopes: settings.config.auth.requiredScopes,
      upstreamNames: settings.config.upstreams.map(({ name }) => name),
      allowedOrigin: settings.allowedOrigin,
      authorizationServer:
        settings.config.authorizationServer && authorizationServerFacts(settings.config.authorizationServer),
      hasProviders: connections !== undefined,
    };
    api.serve(facts, { ...functions, ...signIn?.functions });

    this.api = api.restApi;
    this.mcpFunction = functions.mcp.fn;
    this.vaultTable = vault.table;
    this.vaultKey = vault.key;
    const anybody = { subject: ['*'], grantId: ['*'], provider: ['*'] };
    const ofGrants = (kind: string[], paths: RegExp) => api.routeArns(facts, 'grants', { ...anybody, kind }, paths);
    this.grants = McpGatewayGrants._forRoutes(this, {
      vault: api.routeArns(facts, 'vault', { provider: [...settings.secrets.keys(), ...settings.connections.keys()] }),
      grants: ofGrants(['person', 'client', 'gateway'], /^\/(grants|switches)\b/),
      connections: connections ? ofGrants(['provider'], /^\/(connections$|connections\/.*\/|switches\b)/) : [],
      shredding: ofGrants([], /^\/connections\/[^/]+$/),
    });
    gatewayOutputs(this, facts, settings);
    if (signIn) {
      this.authTable = signIn.server.table;
      this.signingKey = signIn.server.signingKey;
      signInOutputs(this, api.url, signIn.idpIssuer, signIn.server, signIn.functions.keys);
    }
    if (people) this.saltsTable = people.salts;
    if (connections) {
      connectionOutputs(this, api.url, settings.connections.keys(), connections.emptySecrets);
    }
    this.hints(props);
  }

  private signIn(
    { auth: { _signIn: options } }: McpGatewayProps,
    kept: Omit<AuthorizationServerProps, 'clientAuthentication'>,
    shared: SharedFunctionProps,
    openedByTokens: readonly GatewayFunction[],
  ) {
    if (options === undefined) return undefined;
    const server = new AuthorizationServer(this, 'SignIn', {
      ...kept,
      clientAuthentication: clientAuthenticationOf(options.identityProvider),
    });
    for (const user of openedByTokens) server.grantCheck(user);
    const { provisionedConcurrency } = options;
    const functions = signInFunctions(this, server, {
      ...shared,
      memorySize: DEFAULT_MEMORY_MB,
      provisionedConcurrency,
    });
    return { server, functions, idpIssuer: options.identityProvider._options.issuer };
  }

  private connect(
    connections: PeopleConnections,
    functions: Readonly<Record<'mcp' | 'connect' | 'grants' | 'vault', GatewayFunction>>,
    { config, environment, tracing, logRetention, removalPolicy }: SharedFunctionProps,
  ): void {
    const refresher = refresherFunction(this, {
      ...{ config, environment, tracing, logRetention, removalPolicy },
      memorySize: DEFAULT_MEMORY_MB,
    });
    connections.grantUse(functions.mcp, refresher);
    connections.grantConnect(functions.connect, refresher);
    connections.grantRefresh(refresher);
    connections.grantAdministration(functions.grants, refresher);
    connections.grantManage(functions.vault);
  }

  private functions(props: McpGatewayProps, shared: SharedFunctionProps) {
    const onThePath = {
      memorySize: props.memorySize ?? DEFAULT_MEMORY_MB,
      provisionedConcurrency: props.provisionedConcurrency,
      maxProvisionedConcurrency: props.maxProvisionedConcurrency,
    };
    return {
      mcp: new GatewayFunction(this, 'Mcp', {
        ...shared,
        ...onThePath,
        name: 'mcp',
        description: 'MCP gateway: tool calls (lambda/mcp.lambda.ts)',
        timeoutMs: LIMITS.streamTotalMs,
      }),
      authorizer: new GatewayFunction(this, 'Authorizer', {
        ...shared,
        ...onThePath,
        name: 'authorizer',
        description: 'MCP gateway: token check before a call (lambda/authorizer.lambda.ts)',
        timeoutMs: AUTHORIZER_TIMEOUT_MS,
      }),
      vault: new GatewayFunction(this, 'VaultApi', {
        ...shared,
        memorySize: DEFAULT_MEMORY_MB,
        name: 'vault',
        description: 'MCP gateway: key management (lambda/vault.lambda.ts)',
        timeoutMs: LIMITS.bufferedTotalMs,
      }),
    };
  }

  private hints(props: McpGatewayProps): void {
    if (!props.domain) {
      Annotations.of(this).addWarningV2(
        'cdk-mcp-gateway:domain',
        "no domain: API Gateway's own URL has the stage in its path, and clients that look for sign-in metadata only at " +
          `a host's root do not find it. ${props.auth._signIn ? WORKS_WITH_SIGN_IN : WORKS_WITH_TOKENS}; for the others set the prop "domain"`,
      );
    }
    if (props.accessLogs === undefined && props.accountLogRole === undefined) {
      Annotations.of(this).addInfoV2(
        'cdk-mcp-gateway:access-logs',
        'access logs are off: set accessLogs to true where API Gateway has its account-wide role for CloudWatch, or ' +
          'accountLogRole to true in one stack of this account and region. State either to hide this line',
      );
    }
  }
}

/**
 * Opaque, stable, and another one for every gateway of an account: the same app deployed under two stack names is two
 * gateways, and neither may use the other's keys. A nested stack's name is known to CloudFormation only.
 */
function gatewayIdOf(gateway: McpGateway): string {
  const { stackName } = Stack.of(gateway);
  if (Token.isUnresolved(stackName)) return gateway.node.addr;
  return createHash('sha256').update(`${stackName}/${gateway.node.addr}`).digest('hex').slice(0, 42);
}
