import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { ProviderProblem } from '../../core/connections/provider-port';
import { isPublicAddress } from '../../core/fetcher/public-address';
import { err, ok, type Result } from '../../core/result';
import { exchange } from '../exchange';
import { pinnedTo, resolveAddresses } from '../fetcher/resolve-addresses';
import { httpTarget } from '../http-target';

export interface ProviderRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** The address was discovered, not configured: only public addresses are connected to. */
  readonly isDiscovered?: boolean;
  /** Where there is less time than for others. */
  readonly timeoutMs?: number;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request to a provider. Redirects are answers like others: nothing follows them, no secret goes elsewhere. */
export type ProviderHttp = (request: ProviderRequest) => Promise<Result<ProviderAnswer, ProviderProblem>>;

export interface ProviderHttpOptions {
  /** Of one request, answer included. */
  readonly timeoutMs?: number;
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;

/** Broken before the request was out: no connection, or one to somebody else. */
const NOT_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CERT_\w+|ERR_TLS_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_SSL_\w+)$/;

/** Speaks to providers by `node:https`: bounded in size and time, a connection of its own each time. */
export function providerHttp({
  timeoutMs = TIMEOUT_MS,
  resolve = resolveAddresses,
}: ProviderHttpOptions = {}): ProviderHttp {
  return async ({ url, method, headers, body, isDiscovered = false, timeoutMs: less = timeoutMs }) => {
    const target = httpTarget(new URL(url));
    const lookup = isDiscovered && !isLoopbackHttp(url) ? await checkedLookup(target.hostname, resolve) : ok(undefined);
    if (!lookup.ok) return lookup;
    const outcome = await exchange({
      target,
      agent: false,
      method,
      headers: {
        ...headers,
        // What is counted is what is parsed: nothing unpacks into more.
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      ...(body === undefined ? {} : { body }),
      ...(lookup.value === undefined ? {} : { lookup: lookup.value }),
      maxBytes: MAX_BYTES,
      timeoutMs: Math.min(less, timeoutMs),
    });
    if (outcome.kind === 'answer') return ok(outcome);
    if (outcome.name === 'AnswerTooLarge') return err({ kind: 'invalid', cause: 'too_large', mayHaveHappened: true });
    const cause = outcome.name === 'TimeoutError' ? 'timeout' : outcome.name;
    return err({ kind: 'unavailable', cause, ...(NOT_SENT.test(cause) ? {} : { mayHaveHappened: true }) });
  };
}

/** An https host a stranger named, by the rules of the fetcher: all of its addresses public, and no other connected to. */
async function checkedLookup(
  hostname: string,
  resolve: (hostname: string) => Promise<readonly string[]>,
): Promise<Result<LookupFunction, ProviderProblem>> {
  const addresses = await resolve(hostname).catch(() => []);
  if (addresses.length === 0) return err({ kind: 'unavailable', cause: 'ENOTFOUND' });
  if (!addresses.every(isPublicAddress)) return err({ kind: 'invalid', cause: 'address_not_allowed' });
  return ok(pinnedTo(addresses));
}

/** This machine itself, for a local run: no network is crossed. */
export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
}
