// A streaming function that does what its event asks for, one step at a time, so that tests can watch the order.
import { once } from 'node:events';
import { get } from 'node:http';

let invocations = 0;

/** Resolves when the test lets it: the test holds the other end of this request. */
const wait = (url) =>
  new Promise((resolve, reject) => {
    get(url, (response) => response.resume().once('end', resolve)).once('error', reject);
  });

export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  invocations++;
  if (event.failEarly) throw new TypeError(event.failEarly);
  if (event.returnWithoutAnswer) return;
  const head = {
    statusCode: event.status ?? 200,
    headers: { 'Content-Type': 'text/event-stream', 'X-Count': `${invocations}` },
  };
  const out = event.noHead ? stream : awslambda.HttpResponseStream.from(stream, head);
  for (const step of event.steps ?? []) {
    if (step.write !== undefined) out.write(step.write);
    if (step.wait) await wait(step.wait);
    if (step.fail) throw new RangeError(step.fail);
    if (step.destroy) return void out.on('error', () => undefined).destroy(new Error(step.destroy));
    if (step.exit !== undefined) process.exit(step.exit);
    if (step.fill) {
      const chunk = Buffer.alloc(64 * 1024);
      for (let i = 0; i < step.fill; i++) {
        if (!out.write(chunk)) await once(out, 'drain');
        console.log(`filled ${i + 1}`);
      }
    }
    if (step.remaining) out.write(String(context.getRemainingTimeInMillis()));
    if (step.facts) out.write(JSON.stringify({ env: process.env, context, cwd: process.cwd(), node: process.version }));
  }
  out.end(event.end);
});
