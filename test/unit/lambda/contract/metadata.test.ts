import {
  acceptedAudiences,
  challenge,
  metadataDocuments,
  type ResourceFacts,
  rootResourcePath,
} from '../../../../lambda/contract/metadata';

const FACTS: ResourceFacts = {
  gatewayUrl: 'https://mcp.example',
  issuer: 'https://issuer.example/tenant',
  scopes: ['mcp:use'],
  upstreamNames: ['shop', 'mail'],
};
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

test('every endpoint has its document where RFC 9728 inserts the path, and the bare place has one', () => {
  const documents = metadataDocuments(FACTS);
  expect(Object.entries(documents).map(([path, { resource }]) => [path, resource])).toEqual([
    [`${WELL_KNOWN}/mcp`, 'https://mcp.example/mcp'],
    [`${WELL_KNOWN}/mcp/shop`, 'https://mcp.example/mcp/shop'],
    [`${WELL_KNOWN}/mcp/mail`, 'https://mcp.example/mcp/mail'],
    [WELL_KNOWN, 'https://mcp.example/mcp'],
  ]);
});

test('a document names issuer, scopes and the one way to send a token', () => {
  expect(metadataDocuments(FACTS)[`${WELL_KNOWN}/mcp/shop`]).toEqual({
    resource: 'https://mcp.example/mcp/shop',
    authorization_servers: ['https://issuer.example/tenant'],
    scopes_supported: ['mcp:use'],
    bearer_methods_supported: ['header'],
    resource_name: 'MCP gateway',
  });
});

test.each([
  [['shop'], '/mcp/shop'],
  [['shop', 'mail'], '/mcp'],
  [[], '/mcp'],
])('with the endpoints %j the bare place speaks of %s', (names, path) => {
  expect(rootResourcePath(names)).toBe(path);
  expect(metadataDocuments({ ...FACTS, upstreamNames: names })[WELL_KNOWN]?.resource).toBe(
    `https://mcp.example${path}`,
  );
});

test('a resource begins the URL its clients dial: official clients refuse it otherwise', () => {
  for (const upstreamNames of [['shop'], ['shop', 'mail']]) {
    const root = metadataDocuments({ ...FACTS, upstreamNames })[WELL_KNOWN]?.resource ?? '';
    expect('https://mcp.example/mcp/shop'.startsWith(root)).toBe(true);
    expect(root.endsWith('/')).toBe(false);
  }
});

test('every audience a document asks for is accepted somewhere, and an endpoint accepts no sibling’s', () => {
  const accepted = FACTS.upstreamNames.flatMap((name) => acceptedAudiences(FACTS.gatewayUrl, name));
  const asked = Object.values(metadataDocuments(FACTS)).map(({ resource }) => resource);
  expect(asked.filter((resource) => !accepted.includes(resource))).toEqual([]);
  expect(acceptedAudiences(FACTS.gatewayUrl, 'shop')).not.toContain('https://mcp.example/mcp/mail');
});

test.each([
  [
    ['a', 'b'],
    undefined,
    'Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="a b"',
  ],
  [[], undefined, 'Bearer resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"'],
  [
    ['a'],
    'invalid_token',
    'Bearer error="invalid_token", resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp", scope="a"',
  ],
] as const)('the challenge for scopes %j and error %s is one line', (scopes, error, expected) => {
  expect(challenge({ gatewayUrl: FACTS.gatewayUrl, scopes }, '/mcp', error)).toBe(expected);
});
