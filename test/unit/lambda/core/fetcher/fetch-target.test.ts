import fc from 'fast-check';
import { readFetchTarget } from '../../../../../lambda/core/fetcher/fetch-target';

test.each([
  ['https://claude.ai/oauth/client.json', 'claude.ai', '/oauth/client.json'],
  ['https://Agents.Example.com/Client', 'agents.example.com', '/Client'],
  ['https://example.com:443/a?b=c/d?e', 'example.com', '/a?b=c/d?e'],
  ['https://example.com', 'example.com', '/'],
  ['https://xn--bcher-kva.example.org/x/%2e%2e/../y', 'xn--bcher-kva.example.org', '/x/%2e%2e/../y'],
])('reads %s, and leaves its path as it is', (url, hostname, path) => {
  expect(readFetchTarget(url)).toEqual({ hostname, path });
});

test.each([
  ['plain HTTP', 'http://example.com/'],
  ['another scheme', 'file:///etc/passwd'],
  ['a scheme in capitals', 'HTTPS://example.com/'],
  ['another port', 'https://example.com:8443/'],
  ['a port with a zero in front', 'https://example.com:0443/'],
  ['an empty port', 'https://example.com:/'],
  ['a user name', 'https://user@example.com/'],
  ['a user name that looks like the host', 'https://example.com@127.0.0.1/'],
  ['a password', 'https://user:secret@example.com/'],
  ['a fragment', 'https://example.com/#x'],
  ['a backslash, which some read as a slash', 'https://example.com\\@127.0.0.1/'],
  ['a tab, which some take out', 'https://exa\tmple.com/'],
  ['a line break', 'https://example.com/a\r\nHost: evil'],
  ['a space in front', ' https://example.com/'],
  ['a line break behind', 'https://example.com/\n'],
  ['one slash', 'https:/example.com/'],
  ['three slashes', 'https:///example.com/'],
  ['a name with a dot behind', 'https://example.com./'],
  ['an empty label', 'https://example..com/'],
  ['one label', 'https://intranet/'],
  ['localhost', 'https://localhost/'],
  ['a name below localhost', 'https://a.localhost/'],
  ['a name of the machine’s network', 'https://metadata.google.internal/'],
  ['a name of a home network', 'https://printer.LOCAL/'],
  ['a label that begins with a hyphen', 'https://-a.example.com/'],
  ['an escaped character in the name', 'https://exampl%65.com/'],
  ['a homograph', 'https://exаmple.com/'],
  ['a full-width dot, which IDNA makes a dot of', 'https://127。0。0。1/'],
  ['circled digits, which IDNA makes digits of', 'https://①②⑦.0.0.1/'],
  ['a query right behind the name', 'https://example.com?x'],
  ['an address of 127.0.0.1', 'https://127.0.0.1/'],
  ['the same in hex', 'https://0x7f000001/'],
  ['the same in hex, with dots', 'https://0x7f.0x0.0x0.0x1/'],
  ['the same in decimal', 'https://2130706433/'],
  ['the same in octal', 'https://0177.0.0.1/'],
  ['the same, short', 'https://127.1/'],
  ['a short address with a hex end', 'https://127.0x1/'],
  ['the same over IPv6', 'https://[::1]/'],
  ['a mapped address', 'https://[::ffff:7f00:1]/'],
  ['NAT64', 'https://[64:ff9b::7f00:1]/'],
  ['an IPv4-compatible address', 'https://[::127.0.0.1]/'],
  ['instance metadata', 'https://169.254.169.254/latest/meta-data'],
  ['instance metadata over IPv6', 'https://[fd00:ec2::254]/'],
  ['a public address', 'https://8.8.8.8/'],
  ['a public address over IPv6', 'https://[2606:4700::1111]/'],
  ['the runtime API of the function', 'http://localhost:9001/2018-06-01/runtime/invocation/next'],
  ['more than 2 KB', `https://example.com/${'a'.repeat(2_048)}`],
  ['a name too long', `https://${'a.'.repeat(126)}example/`],
  ['a label too long', `https://${'a'.repeat(64)}.com/`],
  ['nothing', ''],
  ['a list', ['https://example.com/']],
  ['nothing at all', undefined],
])('fails on %s', (_, url) => {
  expect(readFetchTarget(url)).toBeUndefined();
});

test('property: what is read is what the URL standard reads: name, no port, no user, no fragment', () => {
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.string(),
  );
  const glue = fc.constantFrom('', '', '', ':443', ':80', '@', '#', '\\', '%00', '\t', '.', '/');
  const rest = fc.oneof(fc.webPath(), fc.string({ unit: 'binary' }), fc.constant(''));
  fc.assert(
    fc.property(fc.tuple(host, glue, rest), ([name, between, behind]) => {
      const url = `https://${name}${between}${behind}`;
      const target = readFetchTarget(url);
      const { hostname, port, username, password, hash, protocol } = target ? new URL(url) : new URL('https://x/');
      expect({ hostname: target ? hostname : undefined, port, username, password, hash, protocol }).toEqual({
        hostname: target?.hostname,
        port: '',
        username: '',
        password: '',
        hash: '',
        protocol: 'https:',
      });
    }),
    { numRuns: 500 },
  );
});

test('property: an IP address in any notation is never read', () => {
  const notation = fc
    .tuple(fc.nat(0xffffffff), fc.constantFrom(10, 16, 8), fc.integer({ min: 1, max: 4 }))
    .map(([value, radix, parts]) => {
      const write = (n: number) => (radix === 16 ? `0x${n.toString(16)}` : radix === 8 ? `0${n.toString(8)}` : `${n}`);
      const heads = Array.from({ length: parts - 1 }, (_, i) => (value >>> (24 - 8 * i)) & 255);
      const last = value % 256 ** (5 - parts);
      return [...heads, last].map(write).join('.');
    });
  fc.assert(
    fc.property(
      fc.oneof(
        notation,
        fc.ipV4(),
        fc.ipV4Extended(),
        fc.ipV6().map((ip) => `[${ip}]`),
      ),
      (address) => {
        expect(readFetchTarget(`https://${address}/`)).toBeUndefined();
      },
    ),
  );
});
