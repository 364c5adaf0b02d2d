import { isRegisteredRedirect } from '../../../../../lambda/core/authz/redirect-uri';

const LOOPBACK = 'http://127.0.0.1:9000/cb';
const WEB = 'https://client.example/cb?tenant=1';

test.each([
  ['the registered text', WEB],
  ['a loopback address on another port', 'http://127.0.0.1:41234/cb'],
  ['a loopback address without a port', 'http://127.0.0.1/cb'],
])('accepts %s', (_, asked) => {
  expect(isRegisteredRedirect(asked, [WEB, LOOPBACK])).toBe(true);
});

test.each([
  ['localhost', 'http://localhost/callback', 'http://localhost:51000/callback'],
  ['127.0.0.1', 'http://127.0.0.1/callback', 'http://127.0.0.1:51000/callback'],
  ['[::1]', 'http://[::1]/callback', 'http://[::1]:51000/callback'],
])('accepts any port at %s where the registered address has none, as Claude Code writes it', (_, registered, asked) => {
  expect(isRegisteredRedirect(asked, [registered])).toBe(true);
});

test.each([
  ['another host', 'https://evil.example/cb?tenant=1'],
  ['a host below', 'https://evil.client.example/cb?tenant=1'],
  ['a host that begins alike', 'https://client.example.evil.example/cb?tenant=1'],
  ['another scheme', 'http://client.example/cb?tenant=1'],
  ['another port of a web host', 'https://client.example:8443/cb?tenant=1'],
  ['the default port, written out', 'https://client.example:443/cb?tenant=1'],
  ['another path', 'https://client.example/cb2?tenant=1'],
  ['a path below', 'https://client.example/cb/x?tenant=1'],
  ['no query', 'https://client.example/cb'],
  ['another query', 'https://client.example/cb?tenant=2'],
  ['more query', 'https://client.example/cb?tenant=1&x=1'],
  ['capitals in the path', 'https://client.example/CB?tenant=1'],
  ['capitals in the host', 'https://CLIENT.example/cb?tenant=1'],
  ['user information', 'https://client.example@evil.example/cb?tenant=1'],
  ['a fragment', 'https://client.example/cb?tenant=1#x'],
  ['a blank at the end', 'https://client.example/cb?tenant=1 '],
  ['a line feed at the end', `${LOOPBACK}\n`],
  ['dot segments on loopback', 'http://127.0.0.1:9000/x/../cb'],
  ['encoded dot segments on loopback', 'http://127.0.0.1:9000/x/%2e%2e/cb'],
  ['a backslash', 'http://127.0.0.1:9000\\cb'],
  ['a backslash before a host', 'http://127.0.0.1:9000\\@evil.example/cb'],
  ['a tab', 'http://127.0.0.1:90\t00/cb'],
  ['loopback as a label of another host', 'http://127.0.0.1.evil.example/cb'],
  ['loopback as user information', 'http://127.0.0.1:9000@evil.example/cb'],
  ['loopback mapped into IPv6', 'http://[::ffff:127.0.0.1]/cb'],
  ['loopback in another notation', 'http://2130706433/cb'],
  ['loopback, shortened', 'http://127.1/cb'],
  ['another loopback address', 'http://127.0.0.2/cb'],
  ['localhost for 127.0.0.1', 'http://localhost:9000/cb'],
  ['localhost with a trailing dot', 'http://localhost./cb'],
  ['[::1] for 127.0.0.1', 'http://[::1]:9000/cb'],
  ['https on loopback', 'https://127.0.0.1:9000/cb'],
  ['a port of no number', 'http://127.0.0.1:evil/cb'],
  ['a port beyond all ports', 'http://127.0.0.1:65536/cb'],
  ['port zero', 'http://127.0.0.1:0/cb'],
  ['an empty port', 'http://127.0.0.1:/cb'],
  ['a query on loopback', 'http://127.0.0.1:9000/cb?x=1'],
  ['nothing', ''],
])('refuses %s', (_, asked) => {
  expect(isRegisteredRedirect(asked, [WEB, LOOPBACK])).toBe(false);
});

test('refuses 127.0.0.1 where localhost is registered', () => {
  expect(isRegisteredRedirect('http://127.0.0.1:9000/cb', ['http://localhost:9000/cb'])).toBe(false);
});

test('refuses everything of a client without addresses', () => {
  expect(isRegisteredRedirect('', [])).toBe(false);
});
