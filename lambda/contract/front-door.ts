import { connectRoutes } from './connect-routes';
import { connectionAdminRoutes } from './connection-admin-routes';
import { corsHeaders, preflightHeaders } from './cors';
import { type DoorRoute, fixedDocument } from './door-route';
import { challenge, metadataDocuments, type ResourceFacts, rootResourcePath } from './metadata';
import { PATHS } from './paths';
import { authorizationServerRoutes } from './sign-in-routes';
import { VAULT_KEY_ACTIONS } from './vault-api';

/**
 * The front door as data: what API Gateway does before and after our functions.
 * `lib/` builds the REST API from it and `local/` emulates the REST API from it,
 * so that the deployed and the local door cannot drift.
 */

export type { DoorAuth, DoorFunction, DoorRoute } from './door-route';

/**
 * Header fields API Gateway renames in an answer of ours. Lower case.
 *
 * The Lambda column of AWS's table; `content-length` is not in it but is seen renamed by everyone,
 * because API Gateway frames the answer itself.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
 */
export const RESPONSE_HEADER_RENAMES: Readonly<Record<string, string>> = {
  'www-authenticate': 'x-amzn-remapped-www-authenticate',
  authorization: 'x-amzn-remapped-authorization',
  connection: 'x-amzn-remapped-connection',
  'content-length': 'x-amzn-remapped-content-length',
  'content-md5': 'x-amzn-remapped-content-md5',
  date: 'x-amzn-remapped-date',
  'max-forwards': 'x-amzn-remapped-max-forwards',
  server: 'x-amzn-remapped-server',
  'user-agent': 'x-amzn-remapped-user-agent',
};

/** Header fields of an answer of ours that never reach the client. Lower case. */
export const RESPONSE_HEADERS_DROPPED: readonly string[] = [
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
];

/**
 * Request header fields API Gateway does not hand to a function. Lower case.
 * `Authorization` is dropped as well where it carries an AWS signature.
 */
export const REQUEST_HEADERS_DROPPED: readonly string[] = [
  'connection',
  'content-md5',
  'expect',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
];

/** Lambda's synchronous payload: the whole event, body JSON-escaped inside it. */
export const INVOKE_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Service limits, in bytes and ms. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const LIMITS = {
  /** API Gateway refuses more with 413. */
  apiRequestBytes: 10 * 1024 * 1024,
  invokePayloadBytes: INVOKE_PAYLOAD_BYTES,
  /** A buffered function's answer. */
  bufferedResponseBytes: 6 * 1024 * 1024,
  /** A streamed answer. */
  streamedResponseBytes: 200 * 1024 * 1024,
  /** All header names and values of a request. */
  requestHeaderBytes: 10_240,
  /** The head of a streamed answer (JSON and its 8 NUL bytes) must be complete within this. */
  streamHeadBytes: 16 * 1024,
  /** Silence after which a streamed response is cut (Regional API). */
  streamIdleMs: 300_000,
  /** Longest streamed response. */
  streamTotalMs: 900_000,
  /** Longest buffered response. */
  bufferedTotalMs: 29_000,
} as const;

/**
 * The REQUEST authorizer. A request without the header is answered 401 without invoking it.
 * The path is part of the cache key, because an answer speaks of one endpoint only.
 */
export const AUTHORIZER = {
  header: 'Authorization',
  context: 'path',
  /** Whole seconds. Revocation does not wait for it: the `mcp` function verifies every call again. */
  cacheTtlSeconds: 60,
} as const;

/** A response API Gateway makes by itself. */
export interface GatewayResponseSpec {
  /** `AWS::ApiGateway::GatewayResponse` ResponseType. */
  readonly type: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Stable reason in the body's `error.data.reason`. */
  readonly reason: string;
  readonly message: string;
  readonly help: string;
}

/**
 * What API Gateway answers by itself and lets nobody reword.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
 */
export const API_GATEWAY_OWN_RESPONSES = {
  badRequest: { status: 400, errorType: 'BadRequestException', body: '{"message":"Bad Request"}' },
  forbiddenHost: { status: 403, errorType: 'ForbiddenException', body: '{"message":"Forbidden"}' },
  requestTooLarge: { status: 413, errorType: 'RequestTooLargeException', body: '{"message":"Request Too Long"}' },
  headersTooLarge: {
    status: 431,
    errorType: 'BadRequestException',
    body: '{"message":"Request Header Fields Too Large"}',
  },
} as const;

/** Body of a gateway response: a JSON-RPC error, so that an MCP client can show it. */
export function gatewayResponseBody(spec: GatewayResponseSpec): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32600, message: spec.message, data: { reason: spec.reason, help: spec.help } },
  });
}

/**
 * Every response of the API's own that we define. REQUEST_TOO_LARGE is missing because API Gateway
 * does not let it be defined: see {@link API_GATEWAY_OWN_RESPONSES}.
 */
export function gatewayResponses(facts: ResourceFacts): readonly GatewayResponseSpec[] {
  const root = rootResourcePath(facts.upstreamNames);
  const responses: readonly GatewayResponseSpec[] = [
    {
      type: 'UNAUTHORIZED',
      status: 401,
      headers: { 'WWW-Authenticate': challenge(facts, root) },
      reason: 'unauthorized',
      message: 'A valid access token for this endpoint is required',
      help: 'Get a token from the authorization server named in the resource metadata and send it as a Bearer token.',
    },
    {
      type: 'ACCESS_DENIED',
      status: 403,
      headers: { 'WWW-Authenticate': challenge(facts, root, 'insufficient_scope') },
      reason: 'insufficient_scope',
      message: 'The caller lacks a permission this route requires',
      help: 'With a token: ask the authorization server for the scopes in the challenge. Signed by IAM: allow execute-api:Invoke on this route.',
    },
    {
      type: 'MISSING_AUTHENTICATION_TOKEN',
      status: 404,
      headers: {},
      reason: 'not_found',
      message: 'Nothing is served at this path and method',
      help: 'Call POST /mcp/<upstream>.',
    },
    {
      type: 'RESOURCE_NOT_FOUND',
      status: 404,
      headers: {},
      reason: 'not_found',
      message: 'Nothing is served at this path and method',
      help: 'Call POST /mcp/<upstream>.',
    },
    {
      type: 'INVALID_SIGNATURE',
      status: 403,
      headers: {},
      reason: 'invalid_signature',
      message: 'The AWS signature of this request does not verify',
      help: 'Sign for service execute-api with current credentials, and check the clock.',
    },
    {
      type: 'EXPIRED_TOKEN',
      status: 403,
      headers: {},
      reason: 'expired_credentials',
      message: 'The AWS credentials of this request have expired',
      help: 'Refresh the AWS credentials and sign again.',
    },
    {
      type: 'THROTTLED',
      status: 429,
      headers: { 'Retry-After': '1' },
      reason: 'throttled',
      message: 'Too many requests',
      help: 'Wait as long as Retry-After says and send the request again.',
    },
    {
      type: 'INTEGRATION_FAILURE',
      status: 502,
      headers: {},
      reason: 'gateway_failed',
      message: 'The gateway failed before it could answer',
      help: 'Send the request again; if it persists, the operator finds the cause in the function log.',
    },
    {
      type: 'INTEGRATION_TIMEOUT',
      status: 504,
      headers: {},
      reason: 'gateway_timeout',
      message: 'The gateway did not answer in time',
      help: 'Send the request again; if it persists, the operator finds the cause in the function log.',
    },
    {
      type: 'AUTHORIZER_FAILURE',
      status: 503,
      headers: { 'Retry-After': '1' },
      reason: 'authorizer_failed',
      message: 'The access token could not be checked',
      help: 'Send the request again; if it persists, the issuer may be unreachable.',
    },
    {
      type: 'AUTHORIZER_CONFIGURATION_ERROR',
      status: 503,
      headers: { 'Retry-After': '1' },
      reason: 'authorizer_failed',
      message: 'The access token could not be checked',
      help: 'Send the request again; if it persists, the issuer may be unreachable.',
    },
    {
      type: 'WAF_FILTERED',
      status: 403,
      headers: {},
      reason: 'blocked',
      message: 'The request was blocked by the firewall in front of the gateway',
      help: 'Ask the operator which firewall rule refused it.',
    },
    {
      type: 'DEFAULT_4XX',
      status: 400,
      headers: {},
      reason: 'bad_request',
      message: 'The request was refused before it reached the gateway',
      help: 'Send MCP messages as JSON by POST /mcp/<upstream>.',
    },
    {
      // Where a function's malformed answer ends, INTEGRATION_FAILURE being for a failed call.
      type: 'DEFAULT_5XX',
      status: 502,
      headers: {},
      reason: 'gateway_failed',
      message: 'The gateway failed before it could answer',
      help: 'Send the request again; if it persists, the operator finds the cause in the function log.',
    },
  ];
  const cors = corsHeaders(facts.allowedOrigin);
  return responses.map((spec) => ({ ...spec, headers: { ...spec.headers, ...cors } }));
}

/** Every route of the API, in the order of the documentation. */
export function doorRoutes(facts: ResourceFacts): readonly DoorRoute[] {
  const vault = { kind: 'function', function: 'vault', auth: 'iam', stream: false } as const;
  return [
    {
      kind: 'function',
      method: 'POST',
      path: `${PATHS.mcp}/{upstream}`,
      function: 'mcp',
      auth: 'bearer',
      stream: true,
    },
    methodNotAllowed('GET', facts.allowedOrigin),
    methodNotAllowed('DELETE', facts.allowedOrigin),
    ...(facts.allowedOrigin === undefined ? [] : [preflight(facts.allowedOrigin)]),
    ...Object.entries(metadataDocuments(facts)).map(([path, document]) => fixedDocument(path, document)),
    { ...vault, method: 'GET', path: PATHS.vaultKeys },
    { ...vault, method: 'PUT', path: `${PATHS.vaultKeys}/{provider}` },
    { ...vault, method: 'DELETE', path: `${PATHS.vaultKeys}/{provider}` },
    ...VAULT_KEY_ACTIONS.map((action) => ({
      ...vault,
      method: 'POST',
      path: `${PATHS.vaultKeys}/{provider}/${action}`,
    })),
    ...authorizationServerRoutes(facts),
    ...connectRoutes(facts),
    ...connectionAdminRoutes(facts),
  ];
}

/** The endpoint is POST only: no standalone SSE stream, no session to delete (MCP streamable HTTP). */
function methodNotAllowed(method: string, allowedOrigin: string | undefined): DoorRoute {
  return {
    kind: 'fixed',
    method,
    path: `${PATHS.mcp}/{upstream}`,
    auth: 'none',
    status: 405,
    headers: { Allow: 'POST', 'Content-Type': 'application/json', ...corsHeaders(allowedOrigin) },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32600,
        message: 'Method not allowed',
        data: {
          reason: 'method_not_allowed',
          help: 'Send MCP messages by POST; this gateway offers no standalone stream.',
        },
      },
    }),
  };
}

function preflight(allowedOrigin: string): DoorRoute {
  return {
    kind: 'fixed',
    method: 'OPTIONS',
    path: `${PATHS.mcp}/{upstream}`,
    auth: 'none',
    status: 204,
    headers: preflightHeaders(allowedOrigin),
    body: '',
  };
}
