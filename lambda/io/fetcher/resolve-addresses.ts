import { Resolver } from 'node:dns/promises';
import { isIPv6, type LookupFunction } from 'node:net';

/** Together within the time a fetch has in all. */
const OPTIONS = { timeout: 800, tries: 2 };

/**
 * Every address of a name, asked of the DNS itself: a hosts file and search domains have no say in what a stranger's
 * name means. Empty if it has none; rejects if that could not be found out.
 */
export async function resolveAddresses(hostname: string, resolver = new Resolver(OPTIONS)): Promise<readonly string[]> {
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  const failure = answers.find((answer) => answer.status === 'rejected' && !hasNone(answer.reason));
  if (failure?.status === 'rejected') throw failure.reason;
  return [];
}

/** Answers with these addresses whatever the name: what connects, connects to what was checked. */
export function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostname, options, callback) => {
    const [first] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function hasNone(error: unknown): boolean {
  return /^(ENODATA|ENOTFOUND)$/.test(String((error as { readonly code?: unknown }).code));
}
