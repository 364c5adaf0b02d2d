// Stands between the handler and DynamoDB: passes the first GetItem on, and answers all later ones with what it got.
// So the backend costs nothing, and what remains of a revalidation is the gateway's own.
//   node dynamodb-replay.mjs <DynamoDB endpoint>
import { createServer, request } from 'node:http';
import { serve } from './serve.mjs';

const { hostname, port } = new URL(process.argv[2]);
let remembered;

serve(
  createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      if (remembered) return outgoing.writeHead(200, remembered.headers).end(remembered.body);
      const { method, url: path, headers } = incoming;
      const forwarded = request({ hostname, port, method, path, headers }, async (answer) => {
        const body = Buffer.concat(await answer.toArray());
        if (answer.statusCode === 200) remembered = { headers: answer.headers, body };
        outgoing.writeHead(answer.statusCode, answer.headers).end(body);
      });
      forwarded.on('error', () => outgoing.destroy());
      forwarded.end(Buffer.concat(chunks));
    });
  }),
);
