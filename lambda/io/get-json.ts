import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';

const MAX_BYTES = 512 * 1024;

/** Reads a JSON document by GET: no redirects, bounded in size and time. Rejects if it cannot be had, whatever the cause. */
export function getJson(url: string, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith('https:') ? https : http;
    const headers = { accept: 'application/json', 'user-agent': 'cdk-mcp-gateway' };
    const request = client.get(url, { headers, agent: false }, (response) => {
      collect(response)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
    const timer = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

async function collect(response: IncomingMessage): Promise<unknown> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`status ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += (chunk as Buffer).length;
    if (length > MAX_BYTES) throw new Error('document too large');
    chunks.push(chunk as Buffer);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
