import { authorizerEvent, type DoorRequest, proxyEvent, type Resource } from '../local/front-door/proxy-event';
import { mcpHeaders, toolCall } from './calls';

/** The events API Gateway would make of the benchmark's tool call, by the local front door's own code. */
export function toolCallEvents(
  path: string,
  headers: Readonly<Record<string, string>>,
): { mcp: object; authorizer: object } {
  const message = toolCall('modern', 1);
  const request: DoorRequest = {
    method: 'POST',
    path,
    query: '',
    rawHeaders: Object.entries({ ...mcpHeaders('modern', message), ...headers }).flat(),
    host: 'gateway.bench.test',
    sourceIp: '127.0.0.1',
    protocol: 'HTTP/1.1',
    body: Buffer.from(JSON.stringify(message)),
    requestId: '00000000-0000-4000-8000-000000000000',
    extendedRequestId: 'YmVuY2g=',
    traceId: 'Root=1-00000000-000000000000000000000000',
    receivedAt: Date.now(),
  };
  const resource: Resource = { path: '/mcp/{upstream}', pathParameters: { upstream: path.slice('/mcp/'.length) } };
  const methodArn = 'arn:aws:execute-api:us-east-1:000000000000:bench/prod/POST/mcp/up';
  return {
    mcp: proxyEvent(request, resource, {}, undefined),
    authorizer: authorizerEvent(request, resource, methodArn),
  };
}
