/** For one request to the identity provider, its answer included; a sign-in needs three at most. */
export const IDP_TIMEOUT_MS = 5_000;
/** An ID token with a thousand groups has 50 KB. */
const MAX_BYTES = 256 * 1024;

/** The identity provider gave no answer, or none that ends. */
export class IdpUnreachable extends Error {
  override readonly name = 'IdpUnreachable';
}

/** What the IdP is asked by. */
export type IdpFetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: URLSearchParams | undefined;
  },
) => Promise<Response>;

/** The global fetch, bounded in time and size; follows no redirect. Rejects with {@link IdpUnreachable} only. */
export function idpFetch(timeoutMs = IDP_TIMEOUT_MS): IdpFetch {
  return async (url, { method, headers: sent, body: form }) => {
    try {
      const request = { method, headers: sent, body: form ?? null, redirect: 'manual' as const };
      const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
      const body = await readBounded(response);
      const { status, headers } = response;
      return new Response(body.length === 0 ? null : body, { status, headers });
    } catch {
      // The cause may quote the address, and so a provider's text.
      throw new IdpUnreachable('the identity provider does not answer');
    }
  };
}

async function readBounded(response: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
