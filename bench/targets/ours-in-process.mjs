// Our handler called directly with an event, in turn with a direct call by the same node:http client.
//   node ours-in-process.mjs <staged function directory> <upstream URL> <job as JSON>
// Answers one message: latencies in µs by kind, one array per round.
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { CONTEXT, HEAD, installAwsLambda, proxyEvent } from './lambda-stream.mjs';

process.on('disconnect', () => process.exit(0));
installAwsLambda();
const [, , directory, upstreamUrl, jobText] = process.argv;
const job = JSON.parse(jobText);
const { handler } = await import(pathToFileURL(join(directory, 'index.mjs')).href);

// Parsing the event is part of what the function costs: the runtime client does it for each invocation.
const eventText = JSON.stringify(proxyEvent('POST', job.path, Object.entries(job.headers).flat(), job.body));
const agent = new Agent({ keepAlive: true });
const { hostname, port, pathname: path } = new URL(upstreamUrl);

async function throughHandler() {
  const before = performance.now();
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  let status;
  stream[HEAD] = (head) => {
    status = head.statusCode;
  };
  await handler(JSON.parse(eventText), stream, CONTEXT);
  const took = performance.now() - before;
  if (status !== 200) throw new Error(`the handler answered ${status}`);
  return took * 1000;
}

function directly() {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    const call = request({
      agent,
      hostname,
      port,
      path,
      method: 'POST',
      headers: { ...job.headers, 'content-length': job.body.length },
    });
    call.on('error', reject);
    call.on('response', (answer) => {
      answer.on('data', () => undefined);
      answer.on('end', () => resolve((performance.now() - before) * 1000));
    });
    call.end(job.body);
  });
}

async function until(limitMs, call, most = Number.POSITIVE_INFINITY) {
  const latencies = [];
  const end = performance.now() + limitMs;
  while (performance.now() < end && latencies.length < most) latencies.push(await call());
  return latencies;
}

const kinds = { ours: throughHandler, direct: directly };
for (const call of Object.values(kinds)) await until(job.warmupMs, call, job.warmupCalls);
const rounds = { ours: [], direct: [] };
for (let round = 0; round < job.rounds; round++) {
  for (const [kind, call] of Object.entries(kinds)) rounds[kind].push(await until(job.roundMs, call));
}
process.send(rounds);
