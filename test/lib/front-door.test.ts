import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import {
  AUTHORIZER,
  type DoorRoute,
  doorRoutes,
  gatewayResponseBody,
  gatewayResponses,
} from '../../lambda/contract/front-door';
import type { ResourceFacts } from '../../lambda/contract/metadata';
import { AuthMode } from '../../lib';
import { ISSUER, PROPS, type SynthesisedGateway, synthesise } from '../helpers/gateway-stack';

/** What the template's references stand for once deployed. */
const DEPLOYED: Record<string, string> = {
  'AWS::Region': 'eu-west-1',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::Partition': 'aws',
};
const GATEWAY_URL = 'https://abc123.execute-api.eu-west-1.amazonaws.com/v1';
const FACTS: ResourceFacts = {
  gatewayUrl: GATEWAY_URL,
  issuer: ISSUER,
  scopes: ['mcp:tools'],
  upstreamNames: ['stripe', 'docs'],
};

let made: SynthesisedGateway;
beforeAll(() => {
  made = synthesise();
});

/** A template value as CloudFormation fills it in. */
function deployed(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  if (join) return join[1].map(deployed).join(join[0]);
  return Ref?.startsWith('GatewayFrontDoorApi') ? 'abc123' : (DEPLOYED[String(Ref)] ?? `<${Ref}>`);
}

interface Method {
  readonly AuthorizationType: string;
  readonly Integration: {
    readonly Uri?: unknown;
    readonly IntegrationResponses?: {
      readonly StatusCode: string;
      readonly ResponseParameters: object;
      readonly ResponseTemplates: Readonly<Record<string, unknown>>;
    }[];
  };
}

/** Methods of the API by `METHOD /path`. */
function methods(from: SynthesisedGateway): Map<string, Method> {
  const pathOf = (ref: unknown): string => {
    const { Ref: id } = ref as { Ref?: string };
    const resource = id === undefined ? undefined : from.resources[id];
    if (resource?.Type !== 'AWS::ApiGateway::Resource') return '';
    return `${pathOf(resource.Properties['ParentId'])}/${resource.Properties['PathPart']}`;
  };
  return new Map(
    Object.values(from.resources)
      .filter(({ Type }) => Type === 'AWS::ApiGateway::Method')
      .map(({ Properties }) => [
        `${Properties['HttpMethod']} ${pathOf(Properties['ResourceId'])}`,
        Properties as unknown as Method,
      ]),
  );
}

function methodAt(from: SynthesisedGateway, name: string): Method {
  const method = methods(from).get(name);
  if (!method) throw new Error(`no ${name}`);
  return method;
}

const named = (route: DoorRoute) => `${route.method} ${route.path}`;

test('serves the routes of the table and no other', () => {
  expect([...methods(made).keys()].sort()).toEqual(doorRoutes(FACTS).map(named).sort());
});

test("tool calls are streamed, authorised by the authorizer, and may take Lambda's fifteen minutes", () => {
  const method = methodAt(made, 'POST /mcp/{upstream}');
  expect(method).toMatchObject({
    AuthorizationType: 'CUSTOM',
    AuthorizerId: { Ref: expect.stringMatching(/^GatewayFrontDoorAuthorizer/) },
    Integration: { Type: 'AWS_PROXY', ResponseTransferMode: 'STREAM', TimeoutInMillis: 900_000 },
  });
  expect(deployed(method.Integration.Uri)).toMatch(
    /^arn:aws:apigateway:eu-west-1:lambda:path\/2021-11-15\/functions\/<GatewayMcpLive\w+>\/response-streaming-invocations$/,
  );
});

test('vault calls are buffered and signed by AWS credentials', () => {
  const vault = [...methods(made)].filter(([name]) => name.includes('/vault/'));
  expect(vault).toHaveLength(8);
  for (const [, method] of vault) {
    expect(method).toMatchObject({
      AuthorizationType: 'AWS_IAM',
      Integration: { Type: 'AWS_PROXY', TimeoutInMillis: 29_000 },
    });
    expect(deployed(method.Integration.Uri)).toMatch(/\/2015-03-31\/functions\/<GatewayVaultApiLive\w+>\/invocations$/);
  }
});

test('fixed documents are answered by the API itself, word for word', () => {
  const fixed = doorRoutes(FACTS).filter((route) => route.kind === 'fixed');
  expect(fixed).toHaveLength(6);
  for (const route of fixed) {
    const { Integration, AuthorizationType } = methodAt(made, named(route));
    expect(AuthorizationType).toBe('NONE');
    expect(Integration).toMatchObject({
      Type: 'MOCK',
      PassthroughBehavior: 'NEVER',
      RequestTemplates: { 'application/json': `{"statusCode":${route.status}}` },
    });
    const [response, ...others] = Integration.IntegrationResponses ?? [];
    expect(others).toEqual([]);
    expect(response?.StatusCode).toBe(String(route.status));
    expect(response?.ResponseParameters).toEqual(
      Object.fromEntries(
        Object.entries(route.headers).map(([name, value]) => [`method.response.header.${name}`, `'${value}'`]),
      ),
    );
    expect(deployed(response?.ResponseTemplates['application/json'])).toBe(route.body);
  }
});

test('nothing in a fixed document is read as a Velocity template', () => {
  const odd = synthesise({ auth: AuthMode.external({ issuer: `${ISSUER}/$x`, requiredScopes: ['a#b', '$util'] }) });
  const facts = { ...FACTS, issuer: `${ISSUER}/$x`, scopes: ['a#b', '$util'] };
  for (const route of doorRoutes(facts).filter((route) => route.kind === 'fixed')) {
    const [response] = methodAt(odd, named(route)).Integration.IntegrationResponses ?? [];
    const template = deployed(response?.ResponseTemplates['application/json']);
    expect(template).not.toMatch(/[$#]/);
    expect(JSON.parse(template)).toEqual(JSON.parse(route.body));
  }
});

test('refusals of the API are those of the table', () => {
  const found = Object.values(made.resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
    .map(({ Properties: p }) => ({
      type: p['ResponseType'],
      status: p['StatusCode'],
      headers: Object.fromEntries(
        Object.entries(p['ResponseParameters'] ?? {}).map(([name, value]) => [name, deployed(value)]),
      ),
      body: (p['ResponseTemplates'] as Record<string, string>)['application/json'],
    }));
  expect(found).toEqual(
    gatewayResponses(FACTS).map((spec) => ({
      type: spec.type,
      status: String(spec.status),
      headers: Object.fromEntries(
        Object.entries(spec.headers).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]),
      ),
      body: gatewayResponseBody(spec),
    })),
  );
  expect(found.find(({ type }) => type === 'UNAUTHORIZED')?.headers).toEqual({
    'gatewayresponse.header.WWW-Authenticate': `'Bearer resource_metadata="${GATEWAY_URL}/.well-known/oauth-protected-resource/mcp", scope="mcp:tools"'`,
  });
});

test('a page of the allowed origin is answered by the API itself: preflight, 405 and refusals', () => {
  const allowedOrigin = 'https://app.example.com';
  const open = synthesise({ allowedOrigins: [allowedOrigin] });
  const routes = doorRoutes({ ...FACTS, allowedOrigin });
  expect([...methods(open).keys()].sort()).toEqual(routes.map(named).sort());
  for (const route of routes.filter((one) => one.kind === 'fixed')) {
    const { Integration, AuthorizationType } = methodAt(open, named(route));
    expect(AuthorizationType).toBe('NONE');
    expect(Integration.IntegrationResponses).toMatchObject([
      {
        StatusCode: String(route.status),
        ResponseParameters: Object.fromEntries(
          Object.entries(route.headers).map(([name, value]) => [`method.response.header.${name}`, `'${value}'`]),
        ),
      },
    ]);
  }
  // Nothing where API Gateway would send a body along with a 204.
  expect(methodAt(open, 'OPTIONS /mcp/{upstream}').Integration.IntegrationResponses?.[0]).not.toHaveProperty(
    'ResponseTemplates',
  );
  const refusals = Object.values(open.resources).filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse');
  expect(refusals).toHaveLength(gatewayResponses(FACTS).length);
  for (const { Properties } of refusals) {
    expect(Properties['ResponseParameters']).toMatchObject({
      'gatewayresponse.header.Access-Control-Allow-Origin': `'${allowedOrigin}'`,
    });
  }
});

test('an allowed origin that is known only at deployment reaches the answers of the API', () => {
  const app = new App();
  const host = new CfnParameter(new Stack(app, 'Params'), 'Host').valueAsString;
  const method = methodAt(synthesise({ allowedOrigins: [`https://${host}`] }, app), 'OPTIONS /mcp/{upstream}');
  expect(JSON.stringify(method.Integration.IntegrationResponses)).toMatch(
    /"method.response.header.Access-Control-Allow-Origin":\{"Fn::Join":\["",\["'https:\/\/",\{[^}]+\},"'"\]\]\}/,
  );
});

test('the authorizer caches by token and path', () => {
  expect(made.only('AWS::ApiGateway::Authorizer')).toMatchObject({
    Type: 'REQUEST',
    IdentitySource: 'method.request.header.Authorization,context.path',
    AuthorizerResultTtlInSeconds: AUTHORIZER.cacheTtlSeconds,
  });
});

test('access logs hold no query string and no header, execution logs are off, and calls are throttled', () => {
  const stage = synthesise({ accessLogs: true }).only('AWS::ApiGateway::Stage') as {
    AccessLogSetting: { Format: string };
    MethodSettings: unknown;
  };
  const variables = Object.values<string>(JSON.parse(stage.AccessLogSetting.Format));
  expect(variables.filter((name) => /header|query|userAgent|body|authorizer\.(?!status|latency)/i.test(name))).toEqual(
    [],
  );
  expect(stage.MethodSettings).toEqual([
    {
      HttpMethod: '*',
      ResourcePath: '/*',
      DataTraceEnabled: false,
      LoggingLevel: 'OFF',
      ThrottlingBurstLimit: 2000,
      ThrottlingRateLimit: 1000,
    },
  ]);
});

test('access logs are off unless asked for: without the account-wide role they would fail the deployment', () => {
  expect(made.only('AWS::ApiGateway::Stage')).not.toHaveProperty('AccessLogSetting');
  const withRole = synthesise({ accountLogRole: true });
  expect(withRole.only('AWS::ApiGateway::Stage')).toHaveProperty('AccessLogSetting');
});

test('the account-wide settings of API Gateway are left alone', () => {
  made.template.resourceCountIs('AWS::ApiGateway::Account', 0);
  synthesise({ accountLogRole: true }).template.resourceCountIs('AWS::ApiGateway::Account', 1);
});

test('a change of a document, a refusal or a route makes a new deployment', () => {
  const deploymentId = (props: Parameters<typeof synthesise>[0]) => {
    const { resources } = synthesise(props, new App());
    return Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::ApiGateway::Deployment');
  };
  const before = deploymentId({});
  expect(before).toHaveLength(1);
  expect(deploymentId({})).toEqual(before);
  expect(
    deploymentId({ auth: AuthMode.external({ issuer: `${ISSUER}/other`, requiredScopes: ['mcp:tools'] }) }),
  ).not.toEqual(before);
  expect(deploymentId({ auth: AuthMode.external({ issuer: ISSUER, requiredScopes: ['other'] }) })).not.toEqual(before);
  expect(deploymentId({ upstreams: PROPS.upstreams.slice(0, 1) })).not.toEqual(before);
});
