import { REQUEST_HEADERS_DROPPED } from '../../lambda/contract/front-door';
import { DOOR, type IamCaller } from './door-identity';

/** A request as the door has taken it in. */
export interface DoorRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly query: string;
  /** Name, value, name, value, as they came over the wire. */
  readonly rawHeaders: readonly string[];
  readonly host: string;
  readonly sourceIp: string;
  readonly protocol: string;
  readonly body: Buffer;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
  readonly receivedAt: number;
}

export interface Resource {
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

type Multi = Record<string, string[]>;

const DROPPED = new Set(REQUEST_HEADERS_DROPPED);

/** The event of a REST API's Lambda proxy integration (payload format 1.0). */
export function proxyEvent(
  request: DoorRequest,
  resource: Resource,
  authorizer: Readonly<Record<string, unknown>> | undefined,
  caller: IamCaller | undefined,
): object {
  return {
    ...commonEvent(request, resource, (name, value) => !isDropped(name, value, caller !== undefined)),
    requestContext: requestContext(request, resource, authorizer, caller),
    body: request.body.length === 0 ? null : request.body.toString('utf8'),
    // No binary media types are configured, so API Gateway takes every body for text.
    isBase64Encoded: false,
  };
}

/** The event of a REQUEST authorizer. */
export function authorizerEvent(request: DoorRequest, resource: Resource, methodArn: string): object {
  return {
    type: 'REQUEST',
    methodArn,
    ...commonEvent(request, resource, () => true),
    requestContext: requestContext(request, resource, undefined, undefined),
  };
}

/** Value of the last header of that name. */
export function headerValue(request: DoorRequest, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let found: string | undefined;
  eachHeader(request, (field, value) => {
    if (field.toLowerCase() === wanted) found = value;
  });
  return found;
}

function commonEvent(request: DoorRequest, resource: Resource, keep: (name: string, value: string) => boolean) {
  const headers: Multi = {};
  let forwardedFor = '';
  eachHeader(request, (name, value) => {
    const lower = name.toLowerCase();
    if (lower === 'x-forwarded-for') forwardedFor = forwardedFor ? `${forwardedFor}, ${value}` : value;
    else if (!ADDED.has(lower) && keep(lower, value)) append(headers, name, value);
  });
  append(headers, 'X-Amzn-Trace-Id', request.traceId);
  append(headers, 'X-Forwarded-For', forwardedFor ? `${forwardedFor}, ${request.sourceIp}` : request.sourceIp);
  append(headers, 'X-Forwarded-Port', request.host.split(':')[1] ?? '80');
  append(headers, 'X-Forwarded-Proto', 'http');
  const query = queryOf(request.query);
  return {
    resource: resource.path,
    path: request.path,
    httpMethod: request.method,
    headers: lastOf(headers),
    multiValueHeaders: headers,
    queryStringParameters: query && lastOf(query),
    multiValueQueryStringParameters: query,
    pathParameters: Object.keys(resource.pathParameters).length > 0 ? { ...resource.pathParameters } : null,
    stageVariables: null,
  };
}

function requestContext(
  request: DoorRequest,
  resource: Resource,
  authorizer: Readonly<Record<string, unknown>> | undefined,
  caller: IamCaller | undefined,
) {
  return {
    accountId: DOOR.accountId,
    apiId: DOOR.apiId,
    ...(authorizer ? { authorizer } : {}),
    domainName: request.host,
    domainPrefix: request.host.split('.')[0],
    extendedRequestId: request.extendedRequestId,
    httpMethod: request.method,
    identity: {
      accessKey: caller?.accessKey ?? null,
      accountId: caller ? DOOR.accountId : null,
      caller: caller?.accessKey ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: caller?.accessKey ?? null,
      userAgent: headerValue(request, 'user-agent') ?? null,
      userArn: caller?.userArn ?? null,
    },
    // A custom domain mapped at the root: no stage in front.
    path: request.path,
    protocol: request.protocol,
    requestId: request.requestId,
    requestTime: commonLogTime(request.receivedAt),
    requestTimeEpoch: request.receivedAt,
    resourceId: 'local',
    resourcePath: resource.path,
    stage: DOOR.stage,
  };
}

const ADDED = new Set(['x-amzn-trace-id', 'x-forwarded-port', 'x-forwarded-proto']);

function isDropped(name: string, value: string, signed: boolean): boolean {
  if (name === 'authorization') return signed || /^AWS4-HMAC-SHA256\b/i.test(value);
  return DROPPED.has(name);
}

function eachHeader(request: DoorRequest, visit: (name: string, value: string) => void): void {
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    visit(request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '');
  }
}

function append(into: Multi, name: string, value: string): void {
  if (Object.hasOwn(into, name)) into[name]?.push(value);
  else Object.defineProperty(into, name, { value: [value], enumerable: true, configurable: true, writable: true });
}

function lastOf(multi: Multi): Record<string, string> {
  return Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']));
}

function queryOf(query: string): Multi | null {
  const found: Multi = {};
  for (const [name, value] of new URLSearchParams(query)) append(found, name, value);
  return Object.keys(found).length > 0 ? found : null;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `09/Apr/2015:12:34:56 +0000` */
function commonLogTime(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
