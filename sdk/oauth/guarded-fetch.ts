import { McpGatewayError } from '../gateway-error';
import { isLoopback } from '../gateway-url';
import { refuseRedirect, timedOut, unreachable } from '../send-request';

export type OAuthFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

const LARGEST_ANSWER_BYTES = 1024 * 1024;

/**
 * `fetch` for what sign-in asks of servers: within a deadline, no redirect followed, answers of a bounded size, and
 * plain http on this machine only, because codes and tokens pass here.
 */
export function guardedFetch(timeoutMs: number): OAuthFetch {
  return async (input, init) => {
    const url = new URL(input);
    requireProtectedUrl(url.href, 'An address of the authorization server');
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await fetch(url, { ...init, redirect: 'manual', signal: deadline });
      refuseRedirect(answer.status, url);
      const body = await readBounded(answer, url);
      const { status, headers } = answer;
      return new Response(status === 204 ? null : new Uint8Array(body), { status, headers });
    } catch (error) {
      if (error instanceof McpGatewayError) throw error;
      throw deadline.aborted ? timedOut(url, timeoutMs) : unreachable(url, error);
    }
  };
}

/** An address named by a document: https, or http on this machine, and nothing that could mislead a reader or a shell. */
export function requireProtectedUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isProtected =
    url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.href))) && !url.username;
  if (url && isProtected && !url.password && url.hash === '') return url;
  throw new McpGatewayError(
    'authorization_server_unusable',
    `${what} is not a plain https address, so nothing is sent or opened there`,
    'Check the authorization server’s metadata; plain http works only for 127.0.0.1, [::1] and localhost.',
  );
}

async function readBounded(answer: Response, url: URL): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER_BYTES) {
      throw new McpGatewayError(
        'authorization_server_unusable',
        `${url.origin} answered with more than 1 MB`,
        'Check that the URL is the authorization server’s own.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
