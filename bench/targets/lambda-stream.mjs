// The least `awslambda` global under which a response-streaming handler runs. Not an emulation: it only has to cost nothing.
export const HEAD = Symbol('head');

export function installAwsLambda() {
  globalThis.awslambda = {
    streamifyResponse: (handler) => handler,
    HttpResponseStream: {
      from(stream, head) {
        stream[HEAD]?.(head);
        return stream;
      },
    },
  };
}

/** What API Gateway makes of an HTTP request: a REST API proxy event. */
export function proxyEvent(method, path, rawHeaders, body) {
  const headers = {};
  const multiValueHeaders = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    headers[name] = rawHeaders[i + 1];
    multiValueHeaders[name] = [...(multiValueHeaders[name] ?? []), rawHeaders[i + 1]];
  }
  return {
    resource: '/mcp/{upstream}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { upstream: path.slice('/mcp/'.length) },
    stageVariables: null,
    requestContext: REQUEST_CONTEXT,
    body,
    isBase64Encoded: false,
  };
}

const REQUEST_CONTEXT = {
  accountId: '000000000000',
  apiId: 'bench00000',
  authorizer: { principalId: 'bench', integrationLatency: 0 },
  domainName: 'gateway.bench.test',
  extendedRequestId: 'YXh5bG9waG9uZQ=',
  httpMethod: 'POST',
  identity: { sourceIp: '127.0.0.1', userAgent: 'bench/1.0' },
  path: '/mcp/up',
  protocol: 'HTTP/1.1',
  requestId: '00000000-0000-4000-8000-000000000000',
  requestTime: '23/Nov/2026:12:00:00 +0000',
  requestTimeEpoch: 1795435200000,
  resourceId: 'bench0',
  resourcePath: '/mcp/{upstream}',
  stage: 'prod',
};

export const CONTEXT = {
  functionName: 'mcp',
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  getRemainingTimeInMillis: () => 900_000,
  callbackWaitsForEmptyEventLoop: false,
};
