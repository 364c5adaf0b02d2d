// Signs people in at an authorization server in this process, as often as the bench asks.
//   node sign-in.mjs authz|oidc-provider <job as JSON>
// job: { origin, idp, resource, scope } and, for `authz`, the staged function's directory.
// Says that it is ready, then answers messages { id, name, args } with { id, value } or { id, error }.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SignInFlow } from './sign-in-flow.mjs';

process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
// Ctrl-C reaches the whole group; the bench ends its children itself.
process.on('SIGINT', () => undefined);

const [, , kind, jobText] = process.argv;
const job = JSON.parse(jobText);
const server = kind === 'authz' ? await ours() : await oracle();
const flow = new SignInFlow({ ...job, handler: server.handler });
await flow.register();

const COMMANDS = {
  /** One operation: what it cost, and what it used of a store that is here. */
  async step(operation) {
    const before = server.counts();
    const cost = await flow[operation]();
    const after = server.counts();
    return {
      ...cost,
      counts: Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]])),
    };
  },

  /** As many sign-ins as asked for, or as fit into a time. */
  async round({ signIns, refreshes, limitMs }) {
    const samples = { authorize: sample(), token: sample(), refresh: sample() };
    const end = performance.now() + limitMs;
    for (let i = 0; i < signIns && performance.now() < end; i += 1) {
      add(samples.authorize, await flow.authorize());
      add(samples.token, await flow.token());
      for (let j = 0; j < refreshes; j += 1) add(samples.refresh, await flow.refresh());
    }
    return samples;
  },

  async signIn() {
    await flow.authorize();
    await flow.token();
    return flow.tokens;
  },

  slow: (delays) => server.slow(delays),
};

process.on('message', async ({ id, name, args }) => {
  try {
    process.send({ id, value: (await COMMANDS[name](...args)) ?? null });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.send({ port: 0 });

async function ours() {
  const { handler } = await import(pathToFileURL(join(job.directory, 'index.mjs')).href);
  // Its store and its keys are elsewhere: the bench counts there, and slows them down there.
  return { handler, counts: () => ({}), slow: () => undefined };
}

async function oracle() {
  const { startOidcProvider } = await import('./oidc-provider.mjs');
  return startOidcProvider(job);
}

function sample() {
  return { latenciesUs: [], cpuUs: 0, elapsedMs: 0 };
}

function add(into, { us, cpuUs }) {
  into.latenciesUs.push(us);
  into.cpuUs += cpuUs;
  into.elapsedMs += us / 1000;
}
