/**
 * Whether an IP address may be connected to when a stranger chose the name it was resolved from: global unicast only.
 *
 * A list of what is forbidden always misses something (`::127.0.0.1`, a NAT64 prefix, a new registration). So IPv6 is
 * allowed by the one block that is in use, 2000::/3, less what carries or stands for other addresses; IPv4, which has
 * no such block, by everything less the special-purpose registries. What is not plainly written is no address.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(text: string): boolean {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return !NOT_PUBLIC_V4.some((block) => isWithin(v4, block, 32));
  const v6 = parseIpv6(text);
  return (
    v6 !== undefined && isWithin(v6, GLOBAL_UNICAST, 128) && !NOT_PUBLIC_V6.some((block) => isWithin(v6, block, 128))
  );
}

interface Block {
  readonly base: bigint;
  readonly bits: number;
}

const NOT_PUBLIC_V4 = [
  '0.0.0.0/8', // this network; many systems connect to themselves
  '10.0.0.0/8',
  '100.64.0.0/10', // shared by carriers, and used inside clouds
  '127.0.0.0/8',
  '169.254.0.0/16', // instance and task metadata
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(block);

const GLOBAL_UNICAST = block('2000::/3');

const NOT_PUBLIC_V6 = [
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32',
  '2002::/16', // 6to4: an IPv4 address inside
  '2620:4f:8000::/48',
  '3ffe::/16',
  '3fff::/20',
].map(block);

function block(cidr: string): Block {
  const [address = '', bits] = cidr.split('/');
  return { base: parseIpv4(address) ?? parseIpv6(address) ?? 0n, bits: Number(bits) };
}

function isWithin(address: bigint, { base, bits }: Block, width: number): boolean {
  const rest = BigInt(width - bits);
  return address >> rest === base >> rest;
}

/** Four decimal numbers without leading zeros, which some read as octal. */
function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

/** RFC 4291 §2.2, without zone; the dotted form of the last 32 bits is for addresses that are never allowed. */
function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - groups.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
