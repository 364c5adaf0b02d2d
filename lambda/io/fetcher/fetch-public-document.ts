import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { FetchRefusal } from '../../core/authz/ports';
import type { FetchAnswer } from '../../core/fetcher/fetch-gate';
import type { FetchTarget } from '../../core/fetcher/fetch-target';
import { freshUntilMs } from '../../core/fetcher/fresh-until';
import { isPublicAddress } from '../../core/fetcher/public-address';
import { pinnedTo, resolveAddresses } from './resolve-addresses';

/** What it takes from outside. The function uses the defaults; tests put a server of their own at the other end. */
export interface FetchPorts {
  readonly now: () => number;
  /** Every address of a name; none if it has none. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  readonly request?: (options: RequestOptions) => ClientRequest;
  readonly limits?: typeof FETCH_LIMITS;
}

export const FETCH_LIMITS = { connectMs: 2_000, totalMs: 3_000 };

/** Deeper than any document we know, and no deeper than everyone who walks it can go. */
const MAX_DEPTH = 20;

/** A refusal on its way out of callbacks and streams. */
class Refused extends Error {
  constructor(readonly refusal: FetchRefusal) {
    super(refusal);
  }
}

/**
 * Fetches a JSON document from an address a stranger chose.
 *
 * Every address of the name is checked before any is connected to, and the connection goes to the checked ones: a name
 * that resolves to something else a moment later (DNS rebinding) gains nothing. Redirects are not followed.
 */
export async function fetchPublicDocument(
  target: FetchTarget,
  maxBytes: number,
  { now, resolve = resolveAddresses, request = httpsRequest, limits = FETCH_LIMITS }: FetchPorts,
): Promise<FetchAnswer> {
  const total = AbortSignal.timeout(limits.totalMs);
  try {
    const addresses = await orTimeout(resolve(target.hostname), total);
    if (addresses.length === 0) return { refused: 'unreachable' };
    // All, not one of them: a name that mixes public and private addresses is an attempt.
    if (!addresses.every(isPublicAddress)) return { refused: 'address_not_allowed' };
    const response = await ask(request(requestOptions(target, addresses)), limits.connectMs, total);
    const document = parseDocument(await readBody(response, maxBytes, total));
    const fresh = freshUntilMs(response.headers['cache-control'], response.headers.age, now());
    return { document, ...(fresh === undefined ? {} : { freshUntilMs: fresh }) };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.refusal };
    return { refused: total.aborted ? 'timeout' : 'unreachable' };
  }
}

function requestOptions({ hostname, path }: FetchTarget, addresses: readonly string[]): RequestOptions {
  return {
    method: 'GET',
    host: hostname,
    port: 443,
    path,
    lookup: pinnedTo(addresses),
    servername: hostname,
    // Said, not assumed: NODE_TLS_REJECT_UNAUTHORIZED changes the default.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    // No pool, no proxy of the environment, no session of an earlier connection.
    agent: false,
    headers: {
      Accept: 'application/json',
      // What is counted is what is parsed: nothing unpacks into more.
      'Accept-Encoding': 'identity',
      'User-Agent': 'cdk-mcp-gateway',
    },
  };
}

/** Sends the request; the answer's head, if it is one to read on. */
function ask(request: ClientRequest, connectMs: number, total: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const refuse = (refusal: FetchRefusal) => {
      reject(new Refused(refusal));
      request.destroy();
    };
    const connecting = setTimeout(() => refuse('timeout'), connectMs);
    const settled = () => clearTimeout(connecting);
    const expired = () => refuse('timeout');
    total.addEventListener('abort', expired, { once: true });
    request
      .once('socket', (socket) => socket.once('secureConnect', settled))
      .once('response', (response) => {
        const refusal = refusalOf(response);
        if (refusal === undefined) resolve(response);
        else refuse(refusal);
      })
      .on('error', reject)
      .once('close', () => {
        settled();
        total.removeEventListener('abort', expired);
        // The end without an answer or an error: an upgrade nobody asked for.
        reject(new Refused('unreachable'));
      })
      .end();
  });
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage): FetchRefusal | undefined {
  if (statusCode >= 300 && statusCode < 400) return 'redirected';
  if (statusCode === 404 || statusCode === 410) return 'gone';
  if (statusCode !== 200) return 'bad_status';
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return 'not_json';
  const type = headers['content-type']?.split(';')[0]?.trim() ?? '';
  return /^application\/([\w.-]+\+)?json$/i.test(type) ? undefined : 'not_json';
}

async function readBody(response: IncomingMessage, maxBytes: number, total: AbortSignal): Promise<Buffer> {
  const give = (refusal: FetchRefusal) => response.destroy(new Refused(refusal));
  const expired = () => give('timeout');
  total.addEventListener('abort', expired, { once: true });
  if (total.aborted) expired();
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) give('too_large');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > maxBytes) throw new Refused('too_large');
      chunks.push(chunk as Buffer);
    }
  } finally {
    total.removeEventListener('abort', expired);
    response.destroy();
  }
  return Buffer.concat(chunks);
}

function parseDocument(bytes: Buffer): unknown {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refused('not_json');
  }
  if (isDeeperThan(document, MAX_DEPTH)) throw new Refused('not_json');
  return document;
}

/** Looks no deeper than the limit, so that no nesting exhausts the stack: not here, and not where it is written out. */
function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((inner) => isDeeperThan(inner, limit - 1));
}

function orTimeout<T>(promise: Promise<T>, total: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const expired = () => reject(new Refused('timeout'));
    total.addEventListener('abort', expired, { once: true });
    promise.then(resolve, reject).finally(() => total.removeEventListener('abort', expired));
  });
}
