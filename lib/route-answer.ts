import { Duration } from 'aws-cdk-lib';
import {
  AuthorizationType,
  type IAuthorizer,
  type Integration,
  LambdaIntegration,
  type MethodOptions,
  MockIntegration,
  PassthroughBehavior,
  ResponseTransferMode,
} from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type DoorRoute, LIMITS } from '../lambda/contract/front-door';

type FunctionRoute = Extract<DoorRoute, { kind: 'function' }>;
type FixedRoute = Extract<DoorRoute, { kind: 'fixed' }>;

/** How API Gateway answers a route. */
export interface RouteAnswer {
  readonly integration: Integration;
  readonly options: MethodOptions;
}

export function functionAnswer(route: FunctionRoute, target: IFunction, authorizer: IAuthorizer): RouteAnswer {
  return {
    integration: new LambdaIntegration(target, {
      allowTestInvoke: false,
      responseTransferMode: route.stream ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
      timeout: Duration.millis(route.stream ? LIMITS.streamTotalMs : LIMITS.bufferedTotalMs),
    }),
    options: authorization(route, authorizer),
  };
}

/** Answered by API Gateway itself: never cold, never billed as an invocation. */
export function fixedAnswer(route: FixedRoute): RouteAnswer {
  const statusCode = String(route.status);
  const headers = Object.entries(route.headers);
  return {
    integration: new MockIntegration({
      // A mock without a matching template fails; NEVER refuses an odd Content-Type instead.
      passthroughBehavior: PassthroughBehavior.NEVER,
      requestTemplates: { 'application/json': JSON.stringify({ statusCode: route.status }) },
      integrationResponses: [
        {
          statusCode,
          responseParameters: Object.fromEntries(
            headers.map(([name, value]) => [responseHeader(name), staticValue(value)]),
          ),
          ...(route.body === '' ? {} : { responseTemplates: { 'application/json': escapeVtl(route.body) } }),
        },
      ],
    }),
    options: {
      authorizationType: AuthorizationType.NONE,
      methodResponses: [
        { statusCode, responseParameters: Object.fromEntries(headers.map(([name]) => [responseHeader(name), true])) },
      ],
    },
  };
}

/** A literal in API Gateway's parameter mappings. The configuration admits no apostrophe that could end it. */
export function staticValue(text: string): string {
  return `'${text}'`;
}

function authorization(route: FunctionRoute, authorizer: IAuthorizer): MethodOptions {
  switch (route.auth) {
    case 'bearer':
      return { authorizationType: AuthorizationType.CUSTOM, authorizer };
    case 'iam':
      return { authorizationType: AuthorizationType.IAM };
    case 'none':
      return { authorizationType: AuthorizationType.NONE };
  }
}

function responseHeader(name: string): string {
  return `method.response.header.${name}`;
}

/**
 * API Gateway reads the body as a Velocity template, where `$` and `#` are code. Both can only be inside a JSON
 * string here (an issuer's path, a scope), where an escape says the same. CDK's token markers are left alone.
 */
function escapeVtl(json: string): string {
  return json.replace(/\$\{Token\[[^\]]*\]\}|[$#]/g, (found) =>
    found.length > 1 ? found : `\\u00${found.charCodeAt(0).toString(16)}`,
  );
}
