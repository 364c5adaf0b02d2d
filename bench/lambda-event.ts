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
  const message = toolCall('modern', 1);
  const call = request('POST', path, { ...mcpHeaders('modern', message), ...headers }, JSON.stringify(message));
  const endpoint = { path: `${PATHS.mcp}/{upstream}`, pathParameters: { upstream: path.slice(PATHS.mcp.length + 1) } };
  const methodArn = 'arn:aws:execute-api:us-east-1:000000000000:bench/prod/POST/mcp/up';
  const list = request('GET', PATHS.vaultKeys, {}, '');
  return {
    mcp: proxyEvent(call, endpoint, {}, undefined),
    authorizer: authorizerEvent(call, endpoint, methodArn),
    vault: proxyEvent(list, { path: PATHS.vaultKeys, pathParameters: {} }, undefined, OPERATOR),
  };
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
