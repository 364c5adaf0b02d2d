/** What API Gateway makes of a browser's or client's request to an authorization server: a REST API proxy event. */
export function restEvent(method, url, headers = {}, body = null) {
  const { host, pathname, searchParams } = new URL(url);
  const all = {
    host,
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-port': '443',
    ...headers,
  };
  const query = {};
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value];
  const hasQuery = searchParams.size > 0;
  return {
    resource: pathname,
    path: pathname,
    httpMethod: method,
    headers: all,
    multiValueHeaders: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])),
    queryStringParameters: hasQuery ? Object.fromEntries(searchParams) : null,
    multiValueQueryStringParameters: hasQuery ? query : null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'bench00000',
      domainName: host,
      httpMethod: method,
      identity: { sourceIp: '192.0.2.1', userAgent: 'bench/1.0' },
      path: pathname,
      protocol: 'HTTP/1.1',
      requestId: '00000000-0000-4000-8000-000000000000',
      requestTimeEpoch: 1795435200000,
      resourcePath: pathname,
      stage: 'prod',
    },
    body,
    isBase64Encoded: false,
  };
}
