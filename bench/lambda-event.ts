import type { SetProviderSwitchRequest, SetSwitchRequest, SwitchKind } from '../lambda/contract/grants-api';
import { PATHS } from '../lambda/contract/paths';
import type { StoreKeyRequest } from '../lambda/contract/vault-api';
import type { IamCaller } from '../local/front-door/door-identity';
import { authorizerEvent, type DoorRequest, proxyEvent } from '../local/front-door/proxy-event';
import { mcpHeaders, toolCall } from './calls';

const OPERATOR: IamCaller = { accessKey: 'bench', userArn: 'arn:aws:iam::000000000000:user/bench' };

/** The events API Gateway would make of the calls measured under the runtime client, by the local front door's own code. */
export function functionEvents(
  path: string,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<'mcp' | 'authorizer' | 'vault', object>> {
  const { call, endpoint } = toolCallRequest(path, headers);
  const methodArn = 'arn:aws:execute-api:us-east-1:000000000000:bench/prod/POST/mcp/up';
  const list = request('GET', PATHS.vaultKeys, {}, '');
  return {
    mcp: proxyEvent(call, endpoint, {}, undefined),
    authorizer: authorizerEvent(call, endpoint, methodArn),
    vault: proxyEvent(list, { path: PATHS.vaultKeys, pathParameters: {} }, undefined, OPERATOR),
  };
}

/** The event of a tool call. */
export function mcpEvent(path: string, headers: Readonly<Record<string, string>>): object {
  const { call, endpoint } = toolCallRequest(path, headers);
  return proxyEvent(call, endpoint, {}, undefined);
}

function toolCallRequest(path: string, headers: Readonly<Record<string, string>>) {
  const message = toolCall('modern', 1);
  return {
    call: request('POST', path, { ...mcpHeaders('modern', message), ...headers }, JSON.stringify(message)),
    endpoint: { path: `${PATHS.mcp}/{upstream}`, pathParameters: { upstream: path.slice(PATHS.mcp.length + 1) } },
  };
}

/** The event of a client's authorization request, which the `authz` function answers by sending the browser to the IdP. */
export function authorizeEvent(
  client: { readonly clientId: string; readonly redirectUri: string },
  { resource, scope }: { readonly resource: string; readonly scope: string },
): object {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    resource,
    scope,
  });
  const authorize = { ...request('GET', PATHS.authorize, {}, ''), query: query.toString() };
  return proxyEvent(authorize, { path: PATHS.authorize, pathParameters: {} }, undefined, undefined);
}

/** The event by which an administrator ends one grant. */
export function revokeGrantEvent(subject: string, grantId: string): object {
  const path = `${PATHS.grants}/{subject}/{grantId}`;
  return proxyEvent(
    request('DELETE', `${PATHS.grants}/${subject}/${grantId}`, {}, ''),
    { path, pathParameters: { subject, grantId } },
    undefined,
    OPERATOR,
  );
}

/** The event by which an administrator ends everything of a person, a client, or all. */
export function switchEvent(kind: SwitchKind, body: SetSwitchRequest): object {
  return setSwitchEvent(kind, body);
}

/** The event by which an administrator ends, or allows again, the use of everybody's accounts of a platform. */
export function providerSwitchEvent(body: SetProviderSwitchRequest): object {
  return setSwitchEvent('provider', body);
}

function setSwitchEvent(kind: string, body: object): object {
  const headers = { 'content-type': 'application/json' };
  return proxyEvent(
    request('PUT', `${PATHS.switches}/${kind}`, headers, JSON.stringify(body)),
    { path: `${PATHS.switches}/{kind}`, pathParameters: { kind } },
    undefined,
    OPERATOR,
  );
}

/** The event by which an administrator makes all credentials of a person unreadable. */
export function shredEvent(subject: string): object {
  return proxyEvent(
    request('DELETE', `${PATHS.connections}/${subject}`, {}, ''),
    { path: `${PATHS.connections}/{subject}`, pathParameters: { subject } },
    undefined,
    OPERATOR,
  );
}

/** The event of `PUT /vault/keys/{provider}`. */
export function storeKeyEvent(provider: string, body: StoreKeyRequest): object {
  const headers = { 'content-type': 'application/json' };
  const store = request('PUT', `${PATHS.vaultKeys}/${provider}`, headers, JSON.stringify(body));
  return proxyEvent(
    store,
    { path: `${PATHS.vaultKeys}/{provider}`, pathParameters: { provider } },
    undefined,
    OPERATOR,
  );
}

function request(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): DoorRequest {
  return {
    method,
    path,
    query: '',
    rawHeaders: Object.entries(headers).flat(),
    host: 'gateway.bench.test',
    sourceIp: '127.0.0.1',
    protocol: 'HTTP/1.1',
    body: Buffer.from(body),
    requestId: '00000000-0000-4000-8000-000000000000',
    extendedRequestId: 'YmVuY2g=',
    traceId: 'Root=1-00000000-000000000000000000000000',
    receivedAt: Date.now(),
  };
}
