import { BlockList } from 'node:net';
import fc from 'fast-check';
import { isPublicAddress } from '../../../../../lambda/core/fetcher/public-address';

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '52.95.110.1',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '198.17.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2A05:D018::1',
  '2001:200::1',
  '2001:4860:4860:0:0:0:0:8888',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  ['this host', '0.0.0.0'],
  ['loopback', '127.0.0.1'],
  ['loopback, its other end', '127.255.255.254'],
  ['a private network', '10.0.0.1'],
  ['a private network', '172.31.255.255'],
  ['a private network', '192.168.0.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['instance metadata', '169.254.169.254'],
  ['task metadata', '169.254.170.2'],
  ['documentation', '192.0.2.1'],
  ['benchmarking', '198.19.255.255'],
  ['6to4 relays', '192.88.99.1'],
  ['multicast', '224.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['loopback as an IPv4-compatible address, which net.BlockList misses', '::127.0.0.1'],
  ['the same in hex', '::7f00:1'],
  ['loopback as a mapped address', '::ffff:127.0.0.1'],
  ['the same in hex', '::ffff:7f00:1'],
  ['the same in full', '0:0:0:0:0:FFFF:7F00:0001'],
  ['a public address as a mapped one', '::ffff:8.8.8.8'],
  ['loopback behind NAT64', '64:ff9b::7f00:1'],
  ['metadata behind NAT64', '64:ff9b::169.254.169.254'],
  ['local NAT64', '64:ff9b:1::1'],
  ['instance metadata over IPv6', 'fd00:ec2::254'],
  ['link-local', 'fe80::1'],
  ['link-local with a zone', 'fe80::1%eth0'],
  ['multicast', 'ff02::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['benchmarking', '2001:2::1'],
  ['documentation', '2001:db8::1'],
  ['documentation', '3fff::1'],
  ['loopback behind 6to4', '2002:7f00:1::'],
  ['segment routing', '5f00::1'],
  ['reserved', '4000::1'],
])('fails on %s: %s', (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  ['decimal', '134744072'],
  ['hexadecimal', '0x08080808'],
  ['octal', '010.8.8.8'],
  ['a short form', '8.8.2056'],
  ['leading zeros', '8.8.8.08'],
  ['a number too large', '8.8.8.256'],
  ['spaces', ' 8.8.8.8'],
  ['a line break', '8.8.8.8\n'],
  ['a port', '8.8.8.8:443'],
  ['brackets', '[2606:4700::1]'],
  ['a zone', '2606:4700::1%1'],
  ['two gaps', '2606::4700::1'],
  ['a group too many', '2606:4700:0:0:0:0:0:0:1'],
  ['a group too few', '2606:4700:0:0:0:0:1'],
  ['a gap for nothing', '2606:4700:0:0::0:0:0:1'],
  ['a group too long', '2606:04700::1'],
  ['a lone colon', '2606:4700::1:'],
  ['a name', 'example.com'],
  ['nothing', ''],
])('fails on what is not plainly an address: %s', (_, text) => {
  expect(isPublicAddress(text)).toBe(false);
});

const byte = fc.nat(255);
const v4 = fc.tuple(byte, byte, byte, byte);
const groups = (count: number) => fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });

/** Every special range, as [first bytes or groups, how many bits of them count]. */
const SPECIAL = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  SPECIAL.addSubnet(net, bits, 'ipv4');
}

/** An address written in one of the ways RFC 4291 §2.2 allows. */
const written = (address: fc.Arbitrary<readonly number[]>) =>
  fc.tuple(address, fc.boolean(), fc.boolean(), fc.nat(7)).map(([numbers, pad, upper, from]) => {
    const texts = numbers.map((group) => group.toString(16).padStart(pad ? 4 : 1, '0'));
    let to = from;
    while (to < 8 && numbers[to] === 0) to += 1;
    const text = to > from ? `${texts.slice(0, from).join(':')}::${texts.slice(to).join(':')}` : texts.join(':');
    return upper ? text.toUpperCase() : text;
  });

test('property: no IPv4 address of a special range is public, and every other one is', () => {
  const special = (text: string) => SPECIAL.check(text, 'ipv4');
  const as112 = /^192\.(31\.196|52\.193|175\.48)\./;
  const anywhere = v4.map((bytes) => bytes.join('.'));
  const inside = fc
    .tuple(
      fc.constantFrom([0], [10], [100, 64], [127], [169, 254], [172, 16], [192, 0, 0], [192, 168], [224], [255]),
      v4,
    )
    .map(([head, bytes]) => [...head, ...bytes].slice(0, 4).join('.'));
  fc.assert(
    fc.property(fc.oneof(anywhere, inside), (text) => {
      expect(isPublicAddress(text)).toBe(!special(text) && !as112.test(text));
    }),
  );
});

test('property: no IPv6 address that embeds an IPv4 address is public, however it is written', () => {
  const embedding = fc.constantFrom<(high: number, low: number, rest: readonly number[]) => readonly number[]>(
    (high, low) => [0, 0, 0, 0, 0, 0, high, low],
    (high, low) => [0, 0, 0, 0, 0, 0xffff, high, low],
    (high, low) => [0, 0, 0, 0, 0xffff, 0, high, low],
    (high, low) => [0x64, 0xff9b, 0, 0, 0, 0, high, low],
    (high, low, rest) => [0x64, 0xff9b, 1, rest[0] ?? 0, rest[1] ?? 0, 0, high, low],
    (high, low, rest) => [0x2002, high, low, ...rest.slice(0, 5)],
    (high, low, rest) => [0x2001, 0, ...rest.slice(0, 4), high, low],
  );
  const numbers = fc
    .tuple(embedding, fc.nat(0xffff), fc.nat(0xffff), groups(5))
    .map(([embed, high, low, rest]) => embed(high, low, rest));
  fc.assert(fc.property(written(numbers), (text) => !isPublicAddress(text)));
});

test('property: outside 2000::/3 no IPv6 address is public, however it is written', () => {
  const outside = groups(8).filter(([first = 0]) => first >> 13 !== 1);
  fc.assert(fc.property(written(outside), (text) => !isPublicAddress(text)));
});

test('property: inside 2000::/3 only the known blocks are not public', () => {
  const inside = fc
    .tuple(fc.constantFrom(0x2001, 0x2003, 0x2400, 0x2600, 0x2a00, 0x3fff, 0x3ffe), groups(7))
    .map(([first, rest]) => [first, ...rest]);
  fc.assert(
    fc.property(
      inside
        .filter(
          ([a = 0, b = 0]) =>
            !(a === 0x2001 && (b < 0x200 || b === 0xdb8)) && a !== 0x3ffe && !(a === 0x3fff && b < 0x1000),
        )
        .chain((numbers) => written(fc.constant(numbers))),
      isPublicAddress,
    ),
  );
});

test('property: no text makes the reader fail', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%x]{0,45}$/)), (text) => {
      expect(typeof isPublicAddress(text)).toBe('boolean');
    }),
  );
});
