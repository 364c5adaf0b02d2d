// The floor: a bare node:http reverse proxy that copies headers and pipes bodies, with keep-alive to the upstream.
//   node pipe.mjs <upstream origin>
import { Agent, createServer, request } from 'node:http';
import { serve } from './serve.mjs';

const { hostname, port } = new URL(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 });

serve(
  createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const upstream = request({ agent, hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  }),
);
