import { Annotations, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { templateParts } from '../lambda/config/template-parts';
import { ENV } from '../lambda/contract/env';
import { LIMITS } from '../lambda/contract/front-door';
import type { ResourceFacts } from '../lambda/contract/metadata';
import { endpointPath } from '../lambda/contract/paths';
import { CredentialVault } from './credential-vault';
import { GatewayApi } from './gateway-api';
import { GatewayFunction, type SharedFunctionProps } from './gateway-function';
import { type GatewaySettings, gatewaySettings } from './gateway-settings';
import { McpGatewayGrants } from './mcp-gateway-grants';
import type { McpGatewayProps } from './mcp-gateway-props';

const DEFAULT_MEMORY_MB = 512;
const AUTHORIZER_TIMEOUT_MS = 10_000;

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

  /** Permissions for other principals. */
  public readonly grants: McpGatewayGrants;

  constructor(scope: Construct, id: string, props: McpGatewayProps) {
    super(scope, id);
    const settings = gatewaySettings(this, props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;
    const tracing = props.tracing ?? false;

    const vault = new CredentialVault(this, 'Vault', {
      // Opaque, stable, and another one for every gateway of an app.
      gatewayId: this.node.addr,
      secrets: settings.secrets,
      removalPolicy,
      deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
      pointInTimeRecoveryDays: props.pointInTimeRecoveryDays ?? 7,
    });
    const api = new GatewayApi(this, 'FrontDoor', {
      domain: props.domain,
      throttlingRateLimit: props.throttlingRateLimit ?? 1000,
      throttlingBurstLimit: props.throttlingBurstLimit ?? 2000,
      accessLogs: props.accessLogs ?? props.accountLogRole ?? false,
      accountLogRole: props.accountLogRole ?? false,
      tracing,
      logRetention,
      removalPolicy,
    });
    const functions = this.functions(props, {
      config: settings.config,
      environment: { [ENV.gatewayUrl]: api.url, ...settings.environment },
      tracing,
      logRetention,
      removalPolicy,
    });
    vault.grantUse(functions.mcp);
    vault.grantManage(functions.vault);

    const facts: ResourceFacts = {
      gatewayUrl: api.url,
      issuer: settings.issuer,
      scopes: settings.config.auth.requiredScopes,
      upstreamNames: settings.config.upstreams.map(({ name }) => name),
      allowedOrigin: settings.allowedOrigin,
    };
    api.serve(facts, functions);

    this.url = api.url;
    this.api = api.restApi;
    this.mcpFunction = functions.mcp.fn;
    this.vaultTable = vault.table;
    this.vaultKey = vault.key;
    this.grants = McpGatewayGrants._forRoutes(api.vaultRouteArns(facts, [...settings.secrets.keys()]));
    this.outputs(facts, settings);
    this.hints(props);
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

  /** Every output is something to paste. */
  private outputs({ gatewayUrl, upstreamNames }: ResourceFacts, { config, secrets }: GatewaySettings): void {
    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    output('GatewayUrl', gatewayUrl, 'URL of the MCP gateway');
    output('GatewayRegion', Stack.of(this).region, 'Region to sign vault calls for');
    for (const provider of secrets.keys()) {
      output(
        `StoreKeyCommand-${provider}`,
        // With -p: "npx mcp-gateway" outside a project that has this package would hand the key to whoever owns that name.
        `npx -p cdk-mcp-gateway mcp-gateway vault store ${provider}${partOptions(config, provider)} --url ${gatewayUrl}`,
        `Put the key of ${provider} into the vault; it asks for the value`,
      );
    }
    for (const name of upstreamNames) {
      output(`EndpointUrl-${name}`, gatewayUrl + endpointPath(name), `MCP endpoint of ${name}`);
    }
    const [first] = config.upstreams;
    if (first) {
      output(
        'ConnectCommand',
        `claude mcp add --transport http ${first.name} ${gatewayUrl}${endpointPath(first.name)}`,
        `Use ${first.name} from Claude Code`,
      );
    }
  }

  private hints(props: McpGatewayProps): void {
    if (!props.domain) {
      Annotations.of(this).addWarningV2(
        'cdk-mcp-gateway:domain',
        "no domain: clients look for sign-in metadata at the root of a domain, and API Gateway's own URL has the " +
          'stage in its path. Callers that bring a token work; for interactive sign-in set the prop "domain"',
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

/** The CLI assumes one part, `key`; others are named. */
function partOptions({ upstreams }: GatewayConfig, provider: string): string {
  const credential = upstreams.find((upstream) => upstream.credential?.provider === provider)?.credential;
  const parts = credential ? templateParts(credential) : [];
  return parts.join() === 'key' ? '' : parts.map((part) => ` --part ${part}`).join('');
}
