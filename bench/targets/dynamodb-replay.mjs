// Stands between the handler and DynamoDB: passes the first of equal reads on, and answers all later ones with what it got.
// So the backend costs nothing, and what remains of a revalidation is the gateway's own.
//   node dynamodb-replay.mjs <DynamoDB endpoint>
import { createServer, request } from 'node:http';
import { serve } from './serve.mjs';

const { hostname, port } = new URL(process.argv[2]);
/** Operation and input -> answer. */
const remembered = new Map();

serve(
  createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const input = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      const { method, url: path, headers } = incoming;
      const key = headers['x-amz-target'] + input.toString('latin1');
      const known = remembered.get(key);
      if (known) return outgoing.writeHead(200, known.headers).end(known.body);
      const forwarded = request({ hostname, port, method, path, headers }, async (answer) => {
        const body = Buffer.concat(await answer.toArray());
        if (answer.statusCode === 200) remembered.set(key, { headers: answer.headers, body });
        outgoing.writeHead(answer.statusCode, answer.headers).end(body);
      });
      forwarded.on('error', () => outgoing.destroy());
      forwarded.end(input);
    });
  }),
);
