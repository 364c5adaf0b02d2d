// Our handler as an HTTP hop: as comparable with a bare pipe as a function can be. No authorizer, no limits, no renames.
//   node ours-hop.mjs <staged function directory>
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CONTEXT, HEAD, installAwsLambda, proxyEvent } from './lambda-stream.mjs';
import { serve } from './serve.mjs';

installAwsLambda();
const { handler } = await import(pathToFileURL(join(process.argv[2], 'index.mjs')).href);

serve(
  createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      response[HEAD] = ({ statusCode, headers }) => response.writeHead(statusCode, headers);
      try {
        await handler(proxyEvent(request.method, request.url, request.rawHeaders, body.toString()), response, CONTEXT);
      } catch (error) {
        console.error(error);
        response.destroy();
      }
    });
  }),
);
