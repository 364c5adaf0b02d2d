import { doorRoutes, gatewayResponses } from '../../../../lambda/contract/front-door';

const ORIGIN = 'https://app.example.com';
const FACTS = {
  gatewayUrl: 'https://mcp.example',
  issuer: 'https://issuer.example',
  scopes: ['mcp:use'],
  upstreamNames: ['shop', 'mail'],
};
const routes = doorRoutes({ ...FACTS, allowedOrigin: ORIGIN });
const ENDPOINT = '/mcp/{upstream}';
const READABLE = {
  'Access-Control-Allow-Origin': ORIGIN,
  'Access-Control-Expose-Headers': 'Mcp-Session-Id, WWW-Authenticate, Retry-After',
  Vary: 'Origin',
};

test('a page of the allowed origin may ask, and is told what it may send', () => {
  expect(routes.filter(({ method }) => method === 'OPTIONS')).toEqual([
    {
      kind: 'fixed',
      method: 'OPTIONS',
      path: ENDPOINT,
      auth: 'none',
      status: 204,
      headers: {
        ...READABLE,
        'Access-Control-Allow-Methods': 'POST, GET, DELETE',
        'Access-Control-Allow-Headers':
          'Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, *',
        'Access-Control-Max-Age': '7200',
      },
      body: '',
    },
  ]);
});

test('a page of the allowed origin can read every refusal of the API, challenge and waiting time included', () => {
  const refusals = [
    ...gatewayResponses({ ...FACTS, allowedOrigin: ORIGIN }),
    ...routes.filter((route) => route.kind === 'fixed' && route.status === 405),
  ].map((refusal) => ('headers' in refusal ? refusal.headers : {}));
  expect(refusals).toHaveLength(16);
  for (const headers of refusals) expect(headers).toMatchObject(READABLE);
});

test('no answer allows cookies, and none of the vault is for a page', () => {
  expect(JSON.stringify(routes)).not.toContain('Allow-Credentials');
  expect(routes.filter(({ method, path }) => method === 'OPTIONS' && path !== ENDPOINT)).toEqual([]);
});

test('without an allowed origin nothing speaks to pages but the public metadata', () => {
  const answers = [...gatewayResponses(FACTS), ...doorRoutes(FACTS)];
  const others = answers.filter((answer) => !('status' in answer && answer.status === 200));
  expect(JSON.stringify(others)).not.toMatch(/Access-Control|Vary|OPTIONS/);
});
