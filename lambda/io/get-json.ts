import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';

const MAX_BYTES = 512 * 1024;

/** Why a document could not be had. */
export class GetJsonError extends Error {
  override readonly name = 'GetJsonError';

  constructor(readonly kind: 'unreachable' | 'timeout' | 'status' | 'too_large' | 'not_json') {
    super(kind);
  }
}

/** Reads a JSON document by GET: no redirects, bounded in size and time. Throws {@link GetJsonError}. */
export async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const text = await getText(url, timeoutMs);
  try {
    return JSON.parse(text);
  } catch {
    throw new GetJsonError('not_json');
  }
}

function getText(url: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith('https:') ? https : http;
    const headers = { accept: 'application/json', 'user-agent': 'cdk-mcp-gateway' };
    const request = client.get(url, { headers, agent: false, timeout: timeoutMs }, (response) => {
      collect(response)
        .then(resolve, reject)
        .finally(() => clearTimeout(total));
    });
    const total = setTimeout(() => request.destroy(new GetJsonError('timeout')), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(total);
      reject(error instanceof GetJsonError ? error : new GetJsonError('unreachable'));
    });
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new GetJsonError('status');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > MAX_BYTES) throw new GetJsonError('too_large');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof GetJsonError ? error : new GetJsonError('unreachable');
  }
  return Buffer.concat(chunks).toString('utf8');
}
