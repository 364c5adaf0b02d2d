import type { IncomingMessage } from 'node:http';

/** The whole body, or undefined as soon as it proves larger than the limit. Rejects when the client breaks off. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return resolve(undefined);
    const chunks: Buffer[] = [];
    let bytes = 0;
    request
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= limitBytes) chunks.push(chunk);
        else resolve(undefined);
      })
      .once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
      .once('error', reject);
  });
}
