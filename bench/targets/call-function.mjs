// Calls a staged function once and answers its result by message.
//   node call-function.mjs <staged function directory> <event as JSON>
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , directory, event] = process.argv;
const { handler } = await import(pathToFileURL(join(directory, 'index.mjs')).href);
process.send(await handler(JSON.parse(event), { awsRequestId: 'bench' }), () => process.exit(0));
