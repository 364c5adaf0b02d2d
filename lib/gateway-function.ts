import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { acknowledge } from './acknowledge';
import { ConfigurationError } from './configuration-error';
import type { FunctionName } from './stage-function';
import { withStagedCode } from './staged-code';

/** What all functions of a gateway have in common. */
export interface SharedFunctionProps {
  readonly config: GatewayConfig;
  readonly environment: Readonly<Record<string, string>>;
  readonly tracing: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

export interface GatewayFunctionProps extends SharedFunctionProps {
  readonly name: FunctionName;
  readonly description: string;
  readonly memorySize: number;
  readonly timeoutMs: number;
  readonly provisionedConcurrency?: number | undefined;
  readonly maxProvisionedConcurrency?: number | undefined;
  /** Invoked by a schedule instead of by a caller who waits. */
  readonly isScheduled?: boolean;
}

/** Names and values together. @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const ENVIRONMENT_LIMIT = 4096;

/** Busy share of the warm environments above which they cost less than on-demand ones, so more are added. */
const TARGET_UTILISATION = 0.6;

/** A prebuilt function with its role, its logs and the alias the API calls. At first it may only write its logs. */
export class GatewayFunction extends Construct {
  readonly fn: LambdaFunction;
  /** What the API calls. */
  readonly alias: IFunction;
  private readonly role: Role;
  private readonly environment: Record<string, string> = {};

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', { retention: props.logRetention, removalPolicy: props.removalPolicy });
    // Not the managed basic execution role: that one may write to every log group of the account.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    this.fn = withStagedCode(
      this,
      props.name,
      props.config,
      (code) =>
        new LambdaFunction(this, 'Function', {
          description: props.description,
          runtime: Runtime.NODEJS_24_X,
          architecture: Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role: this.role,
          logGroup,
          loggingFormat: LoggingFormat.JSON,
          memorySize: props.memorySize,
          timeout: Duration.millis(props.timeoutMs),
          tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
        }),
    );
    for (const [name, value] of Object.entries(props.environment)) this.addEnvironment(name, value);
    const { provisionedConcurrency: warm, maxProvisionedConcurrency: most } = props;
    const alias = new Alias(this, 'Live', {
      aliasName: 'live',
      // aws-cdk-lib is not compiled with exactOptionalPropertyTypes, so its classes miss its interfaces by a hair.
      version: this.fn.currentVersion as IVersion,
      ...(warm === undefined ? {} : { provisionedConcurrentExecutions: warm }),
    });
    if (warm !== undefined && most !== undefined) {
      alias
        .addAutoScaling({ minCapacity: warm, maxCapacity: most })
        .scaleOnUtilization({ utilizationTarget: TARGET_UTILISATION });
    }
    this.alias = alias as IFunction;
    acknowledge(
      this,
      props.isScheduled ? 'scheduledFunction' : 'synchronousFunction',
      props.tracing ? 'traced' : 'untraced',
    );
  }

  allow(actions: string[], resources: string[], conditions: Record<string, Record<string, unknown>> = {}): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources, conditions }));
  }

  addEnvironment(name: string, value: string): void {
    this.environment[name] = value;
    this.fn.addEnvironment(name, value);
    const size = Object.entries(this.environment).reduce(
      (sum, [key, text]) => sum + key.length + deployedLength(Stack.of(this).resolve(text)),
      0,
    );
    if (size > ENVIRONMENT_LIMIT) {
      throw new ConfigurationError(
        'environment_too_large',
        `${name} makes the function's environment about ${size} bytes, Lambda allows ${ENVIRONMENT_LIMIT}: ` +
          'let upstreams share a provider, or spread them over several gateways',
        this,
      );
    }
  }
}

/** Length of a template value once deployed; where CloudFormation fills in a name, an estimate on the long side. */
function deployedLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 20;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (Array.isArray(join)) {
    const [separator, parts] = join as [string, unknown[]];
    return parts.reduce<number>((sum, part) => sum + separator.length + deployedLength(part), 0);
  }
  const target = String(ref ?? (Array.isArray(attribute) ? attribute[0] : ''));
  // AWS::Region and its like, else an ARN: its fixed parts, the logical id, and CloudFormation's and the service's suffixes.
  return target.startsWith('AWS::') ? 20 : 84 + target.length;
}
