// One warm instance of a staged function, where AWS's runtime client is not available.
//   node function-instance.mjs <staged function directory> stream|buffered
// Says that it is ready, then answers each event by { body }, one at a time.
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { CONTEXT, installAwsLambda } from './lambda-stream.mjs';

process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
// Ctrl-C reaches the whole group; the bench ends its children itself.
process.on('SIGINT', () => undefined);
installAwsLambda();
const [, , directory, mode] = process.argv;
const { handler } = await import(pathToFileURL(join(directory, 'index.mjs')).href);

process.on('message', async (event) => {
  process.send({ body: mode === 'stream' ? await streamed(event) : JSON.stringify(await handler(event, CONTEXT)) });
});
process.send({ port: 0 });

async function streamed(event) {
  const chunks = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  await handler(event, stream, CONTEXT);
  return Buffer.concat(chunks).toString();
}
