import { Duration, Names, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  EndpointType,
  type IAuthorizer,
  IdentitySource,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  ResponseType,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AaaaRecord, ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGateway } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import {
  AUTHORIZER,
  type DoorFunction,
  doorRoutes,
  gatewayResponseBody,
  gatewayResponses,
} from '../lambda/contract/front-door';
import type { ResourceFacts } from '../lambda/contract/metadata';
import { acknowledge } from './acknowledge';
import type { GatewayDomain } from './gateway-domain';
import type { GatewayFunction } from './gateway-function';
import { fixedAnswer, functionAnswer, staticValue } from './route-answer';
import type { RouteLimit } from './route-throttling';

export interface GatewayApiProps {
  readonly domain?: GatewayDomain | undefined;
  readonly throttlingRateLimit: number;
  readonly throttlingBurstLimit: number;
  /** `<path>/<method>` -> its own limit. */
  readonly routeLimits: Readonly<Record<string, RouteLimit>>;
  readonly accessLogs: boolean;
  readonly accountLogRole: boolean;
  readonly tracing: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** The functions behind the door; some exist only where the gateway is its own issuer. */
export type GatewayFunctions = Readonly<Partial<Record<DoorFunction, GatewayFunction>>> & {
  readonly authorizer: GatewayFunction;
};

const STAGE = 'v1';

/** Execution logs print headers and bodies, tokens included. */
const NO_EXECUTION_LOG = { loggingLevel: MethodLoggingLevel.OFF, dataTraceEnabled: false };

/**
 * Query strings and headers stay out: they are where clients put secrets by mistake.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 */
const ACCESS_LOG = {
  time: '$context.requestTimeEpoch',
  requestId: '$context.requestId',
  sourceIp: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  path: '$context.path',
  status: '$context.status',
  refusedAs: '$context.error.responseType',
  caller: '$context.identity.userArn',
  authorizerStatus: '$context.authorizer.status',
  authorizerMs: '$context.authorizer.latency',
  functionMs: '$context.integration.latency',
  totalMs: '$context.responseLatency',
  responseBytes: '$context.responseLength',
};

/** The REST API, built from the front-door table. */
export class GatewayApi extends Construct {
  /** Public URL, no trailing slash. Refers to neither stage nor methods, so that functions may know it. */
  readonly url: string;
  readonly restApi: RestApi;

  constructor(scope: Construct, id: string, props: GatewayApiProps) {
    super(scope, id);
    const { domain } = props;
    this.restApi = new RestApi(this, 'Api', {
      description: 'MCP gateway',
      // An API must have a name; the construct's own id would be the same for all gateways of an account.
      restApiName: Names.uniqueResourceName(scope, { separator: '-', maxLength: 128 }),
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: props.accountLogRole,
      // With a domain of its own the default endpoint is a side door past whatever guards the domain.
      disableExecuteApiEndpoint: domain !== undefined,
      ...(domain
        ? {
            domainName: {
              domainName: domain.domainName,
              certificate: domain.certificate,
              endpointType: EndpointType.REGIONAL,
              securityPolicy: SecurityPolicy.TLS_1_2,
            },
          }
        : {}),
      deployOptions: {
        stageName: STAGE,
        throttlingRateLimit: props.throttlingRateLimit,
        throttlingBurstLimit: props.throttlingBurstLimit,
        ...NO_EXECUTION_LOG,
        methodOptions: Object.fromEntries(
          Object.entries(props.routeLimits).map(([route, limit]) => [route, { ...NO_EXECUTION_LOG, ...limit }]),
        ),
        tracingEnabled: props.tracing,
        ...(props.accessLogs ? this.accessLog(props) : {}),
      },
    });
    // The gateway prints its own URL; this one has no endpoint behind it, and does not answer where a domain is set.
    this.restApi.node.tryRemoveChild('Endpoint');
    const { region, urlSuffix } = Stack.of(this);
    this.url = domain
      ? `https://${domain.domainName}`
      : `https://${this.restApi.restApiId}.execute-api.${region}.${urlSuffix}/${STAGE}`;
    if (domain?.hostedZone) {
      const record = {
        zone: domain.hostedZone,
        recordName: `${domain.domainName}.`,
        target: RecordTarget.fromAlias(new ApiGateway(this.restApi)),
      };
      new ARecord(this, 'A', record);
      new AaaaRecord(this, 'Aaaa', record);
    }
    acknowledge(this.restApi, 'api');
    if (!props.tracing) acknowledge(this.restApi, 'untracedApi');
    if (!props.accessLogs) acknowledge(this.restApi, 'noAccessLogs');
  }

  /** Adds every route and every response of the API's own. */
  serve(facts: ResourceFacts, functions: GatewayFunctions): void {
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      handler: functions.authorizer.alias,
      identitySources: [IdentitySource.header(AUTHORIZER.header), IdentitySource.context(AUTHORIZER.context)],
      resultsCacheTtl: Duration.seconds(AUTHORIZER.cacheTtlSeconds),
    });
    for (const spec of gatewayResponses(facts)) {
      this.restApi.addGatewayResponse(spec.type, {
        type: ResponseType.of(spec.type),
        statusCode: String(spec.status),
        responseHeaders: Object.fromEntries(
          Object.entries(spec.headers).map(([name, value]) => [name, staticValue(value)]),
        ),
        templates: { 'application/json': gatewayResponseBody(spec) },
      });
    }
    for (const route of doorRoutes(facts)) {
      const { integration, options } =
        route.kind === 'fixed'
          ? fixedAnswer(route)
          : functionAnswer(route, functionFor(route.function, functions).alias, authorizer as IAuthorizer);
      const method = this.restApi.root.resourceForPath(route.path).addMethod(route.method, integration, options);
      if (route.auth === 'none') acknowledge(method, route.kind === 'fixed' ? 'publicDocument' : 'signInRoute');
    }
  }

  /** ARNs of a function's routes that AWS credentials open, for IAM policies, with these values for the parameters of their paths. */
  routeArns(
    facts: ResourceFacts,
    name: DoorFunction,
    values: Readonly<Record<string, readonly string[]>>,
    paths = /^/,
  ): string[] {
    return doorRoutes(facts)
      .filter((route) => route.kind === 'function' && route.function === name && route.auth === 'iam')
      .filter(({ path }) => paths.test(path))
      .flatMap(({ method, path }) =>
        pathsWith(path, values).map((resource) => this.restApi.arnForExecuteApi(method, resource, STAGE)),
      );
  }

  private accessLog(props: GatewayApiProps) {
    const logGroup = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    return {
      accessLogDestination: new LogGroupLogDestination(logGroup),
      accessLogFormat: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    };
  }
}

function functionFor(name: DoorFunction, functions: GatewayFunctions): GatewayFunction {
  const found = functions[name];
  if (found === undefined) throw new Error(`no function ${name} for a route of the front door`);
  return found;
}

/** A path for every value of its parameters. */
function pathsWith(path: string, values: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const [placeholder, name = ''] = /\{(\w+)\}/.exec(path) ?? [];
  if (placeholder === undefined) return [path];
  return (values[name] ?? []).flatMap((value) => pathsWith(path.replace(placeholder, value), values));
}
