import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { AuthMode } from './auth-mode';
import type { Connection } from './connection';
import type { GatewayDomain } from './gateway-domain';
import type { Upstream } from './upstream';

/** Properties of {@link McpGateway}. */
export interface McpGatewayProps {
  /** How callers prove who they are. */
  readonly auth: AuthMode;

  /** The servers behind the gateway. Each is reached at `/mcp/<name>`. */
  readonly upstreams: Upstream[];

  /**
   * Connections people can make beside those that upstreams use.
   *
   * @default - none
   */
  readonly connections?: Connection[];

  /**
   * How long a warm function may go on using a key after it was replaced, disabled or deleted, and a grant after its end.
   *
   * Honoured to the millisecond, up to five minutes. `Duration.millis(0)` reads the key's record on every call.
   *
   * @default Duration.seconds(1)
   */
  readonly cacheTtl?: Duration;

  /**
   * The gateway's own domain. Clients that sign a person in find the gateway's metadata only at a domain's root.
   *
   * @default - API Gateway's own URL, with the stage in its path
   */
  readonly domain?: GatewayDomain;

  /**
   * The browser origin that may call the gateway, such as `https://app.example.com`; at most one.
   *
   * Its pages can call every endpoint and read every answer but API Gateway's own 413 and 431 (CORS). They get nothing
   * else from it: a page still needs an access token, and the vault is not for pages. One only, because API Gateway
   * answers much by itself, with fixed headers.
   *
   * @default - none; clients that are not browsers send no origin and may always call
   */
  readonly allowedOrigins?: string[];

  /**
   * Execution environments kept warm, of each of the two functions a tool call passes through (`mcp` and the authorizer).
   *
   * A warm environment answers its first call without a cold start, and costs money while it waits.
   *
   * @default - none
   */
  readonly provisionedConcurrency?: number;

  /**
   * Warm environments the gateway may scale out to. It adds some when more than 60 % are busy.
   *
   * @default - no scaling
   */
  readonly maxProvisionedConcurrency?: number;

  /**
   * Memory of the functions a tool call passes through, in MB. CPU grows with it.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * Requests per second the API accepts before it answers 429.
   *
   * @default 1000
   */
  readonly throttlingRateLimit?: number;

  /**
   * Requests the API accepts at once before it answers 429.
   *
   * @default 2000
   */
  readonly throttlingBurstLimit?: number;

  /**
   * Log every request the API receives: time, route, status and latencies; never a query string or a header.
   *
   * API Gateway can write logs only where its role for CloudWatch is set, once per account and region.
   * Where it is not, a deployment with access logs fails with "CloudWatch Logs role ARN must be set", so they
   * are yours to switch on. Every call that reaches a function is in the function's own log either way.
   *
   * @default - the value of `accountLogRole`
   */
  readonly accessLogs?: boolean;

  /**
   * Set the role that API Gateway writes logs with, for this whole account and region.
   *
   * It replaces the role that may be set there, for every API: leave it to one stack.
   *
   * @default false
   */
  readonly accountLogRole?: boolean;

  /**
   * Trace calls with AWS X-Ray.
   *
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * How long the logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;

  /**
   * What happens to tables, keys, secrets and logs when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Refuse to delete the tables.
   *
   * @default - true, unless `removalPolicy` is `DESTROY`
   */
  readonly deletionProtection?: boolean;

  /**
   * Days the tables can be restored to.
   *
   * @default 7
   */
  readonly pointInTimeRecoveryDays?: number;
}
