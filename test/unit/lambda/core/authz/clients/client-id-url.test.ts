import fc from 'fast-check';
import {
  clientIdHost,
  isAllowedKeysUrl,
  isClientIdUrl,
} from '../../../../../../lambda/core/authz/clients/client-id-url';

test.each([
  ['https://claude.ai/oauth/mcp-oauth-client-metadata', 'claude.ai'],
  ['https://chatgpt.com/oauth/tU1UVEq8rRTK/client.json', 'chatgpt.com'],
  ['https://vscode.dev/oauth/client-metadata.json', 'vscode.dev'],
  ['https://xn--bcher-kva.example/c', 'xn--bcher-kva.example'],
])('reads the host of %s', (url, host) => {
  expect(clientIdHost(url)).toBe(host);
});

test.each([
  ['http', 'http://client.example/c'],
  ['no path', 'https://client.example'],
  ['the root path', 'https://client.example/'],
  ['a port', 'https://client.example:8443/c'],
  ['the default port, written out', 'https://client.example:443/c'],
  ['an empty port', 'https://client.example:/c'],
  ['user information', 'https://client.example@evil.example/c'],
  ['a name and a password', 'https://a:b@client.example/c'],
  ['empty user information', 'https://@client.example/c'],
  ['a fragment', 'https://client.example/c#x'],
  ['an empty fragment', 'https://client.example/c#'],
  ['a query, which an echoing page would turn into a document', 'https://client.example/echo?body={}'],
  ['an empty query', 'https://client.example/c?'],
  ['dot segments', 'https://client.example/a/../c'],
  ['dot segments at the end', 'https://client.example/a/..'],
  ['a single dot segment', 'https://client.example/./c'],
  ['encoded dot segments', 'https://client.example/a/%2e%2e/c'],
  ['half encoded dot segments', 'https://client.example/a/.%2E/c'],
  ['a scheme in capitals', 'HTTPS://client.example/c'],
  ['a host in capitals', 'https://Client.example/c'],
  ['a trailing dot', 'https://client.example./c'],
  ['a Cyrillic letter', 'https://cl\u0430ude.ai/c'],
  ['a full-width dot', 'https://claude\uff0eai/c'],
  ['three slashes', 'https:///client.example/c'],
  ['one slash', 'https:/client.example/c'],
  ['a backslash', 'https://client.example\\c'],
  ['a backslash before another host', 'https://client.example\\@evil.example/c'],
  ['a blank at the front', ' https://client.example/c'],
  ['a blank at the end', 'https://client.example/c '],
  ['a tab in it', 'https://client.exa\tmple/c'],
  ['a line feed at the end', 'https://client.example/c\n'],
  ['a null', 'https://client.example/c\0'],
  ['a single label', 'https://intranet/c'],
  ['localhost', 'https://localhost/c'],
  ['a name below localhost', 'https://app.localhost/c'],
  ['a name for the local network', 'https://printer.local/c'],
  ['a cloud’s internal name', 'https://metadata.google.internal/c'],
  ['127.0.0.1', 'https://127.0.0.1/c'],
  ['127.0.0.1 in hexadecimal', 'https://0x7f000001/c'],
  ['127.0.0.1 as one number', 'https://2130706433/c'],
  ['127.0.0.1, shortened', 'https://127.1/c'],
  ['127.0.0.1 in octal', 'https://0177.0.0.1/c'],
  ['127.0.0.1 with a hexadecimal end', 'https://127.0.0.0x1/c'],
  ['::1', 'https://[::1]/c'],
  ['127.0.0.1 mapped into IPv6', 'https://[::ffff:7f00:1]/c'],
  ['127.0.0.1 by NAT64', 'https://[64:ff9b::7f00:1]/c'],
  ['the metadata service', 'https://169.254.169.254/latest'],
  ['the metadata service by IPv6', 'https://[fd00:ec2::254]/latest'],
  ['0.0.0.0', 'https://0.0.0.0/c'],
  ['a name of 64 letters', `https://${'a'.repeat(64)}.example/c`],
  ['an empty label', 'https://client..example/c'],
  ['a label that begins with a hyphen', 'https://-client.example/c'],
  ['2 KB', `https://client.example/${'c'.repeat(2048)}`],
])('refuses %s, without looking anything up', (_, url) => {
  expect(clientIdHost(url)).toBeUndefined();
});

test('whatever passes is the same address to every parser', () => {
  const parts = fc.constantFrom(
    'https://',
    'client',
    '.example',
    '/',
    'c',
    '..',
    '%2e',
    '@',
    ':',
    '\\',
    '#',
    '?',
    '443',
    'É',
    '[',
    '\t',
  );
  const near = fc.array(parts, { maxLength: 8 }).map((all) => `https://client.example/c${all.join('')}`);
  fc.assert(
    fc.property(fc.oneof(near, fc.webUrl(), fc.webUrl({ withQueryParameters: true, withFragments: true })), (url) => {
      const host = clientIdHost(url);
      const { href, origin, pathname } = host === undefined ? new URL('https://x.example/c') : new URL(url);
      expect([url, undefined]).toContain(host === undefined ? undefined : href);
      expect(host ?? 'x.example').toBe(origin.slice('https://'.length));
      expect(pathname.length).toBeGreaterThan(1);
    }),
    { numRuns: 2000 },
  );
});

test('only what begins with https:// is meant as an address at all', () => {
  expect(['https://a.example/c', 'http://a.example/c', 'HTTPS://a.example/c', 'dcr_x', ''].map(isClientIdUrl)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

describe('a client’s keys', () => {
  const LISTED = ['chatgpt.com', 'openai.com', '*.acme.example', 'keys.claude.ai'];
  test.each([
    ['its own host', 'https://chatgpt.com/oauth/jwks.json', 'chatgpt.com'],
    ['a listed host below its own', 'https://keys.claude.ai/jwks', 'claude.ai'],
    ['a listed host above its own', 'https://openai.com/jwks', 'agents.openai.com'],
    ['a host below its own, listed by a star', 'https://keys.agent.acme.example/jwks', 'agent.acme.example'],
  ])('may be on %s', (_, jwksUri, host) => {
    expect(isAllowedKeysUrl(jwksUri, host, LISTED)).toBe(true);
  });

  test.each([
    ['a foreign host', 'https://evil.example/jwks', 'chatgpt.com'],
    ['a foreign host, though it is listed', 'https://openai.com/jwks', 'chatgpt.com'],
    ['a host below its own that is not listed', 'https://users.chatgpt.com/jwks', 'chatgpt.com'],
    ['a host above its own that is not listed', 'https://example.com/jwks', 'pages.example.com'],
    ['a host beside its own', 'https://b.acme.example/jwks', 'a.acme.example'],
    ['a host that ends alike', 'https://evilchatgpt.com/jwks', 'chatgpt.com'],
    ['http', 'http://chatgpt.com/jwks', 'chatgpt.com'],
    ['another port', 'https://chatgpt.com:8443/jwks', 'chatgpt.com'],
    ['the metadata service', 'https://169.254.169.254/jwks', 'chatgpt.com'],
    ['a data address', 'data:application/json,{}', 'chatgpt.com'],
  ])('may not be on %s', (_, jwksUri, host) => {
    expect(isAllowedKeysUrl(jwksUri, host, LISTED)).toBe(false);
  });
});
