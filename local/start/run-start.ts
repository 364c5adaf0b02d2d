import { randomBytes } from 'node:crypto';
import { startEverythingUpstream } from '../demo/everything-upstream';
import { startDemoIssuer } from '../demo/issuer';
import { startKeyUpstream } from '../demo/key-upstream';
import { Person } from '../demo/person';
import type { DemoPlatform } from '../demo/platforms/demo-platform';
import { DEMO_PLATFORM_NAMES, DEMO_PLATFORMS, upstreamOf } from '../demo/platforms/demo-platforms';
import { type LocalConnection, startLocalGateway } from '../gateway';
import { openState } from './data-dir';
import { type DemoSession, startDemoSession } from './demo-session';
import { COMMAND_LINE } from './demo-sign-in';
import { firstCall } from './first-call';
import { describeLogLine, divertFunctionLog } from './function-log';
import { LocalOutputs } from './outputs';
import { ADMINISTRATORS, makeReport, type Report, reportText } from './report';
import { StartError } from './start-error';
import { HELP, parseStartOptions, type StartOptions } from './start-options';
import { Undo } from './undo';

const DEFAULT_PORT = 4000;
/** Whoever sees the first call's agent on their page, and is the first to try everything: an administrator. */
const DEMO_PERSON = 'alice';
/** A close that takes longer is cut; the children end with us anyway. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The whole program; gives the exit code. */
export async function runStart(argv: readonly string[]): Promise<number> {
  let ready = false;
  let json = false;
  const print = divertFunctionLog((line) => {
    if (ready && json) process.stderr.write(`${line}\n`);
    else if (ready) print(describeLogLine(line));
  });
  const complain = (line: string) => void process.stderr.write(`${line}\n`);
  const undo = new Undo();
  const interruption = new AbortController();
  const interrupted = onInterrupt(interruption, complain);
  try {
    const options = parseStartOptions(argv);
    json = options.json;
    if (options.help) {
      print(HELP);
      return 0;
    }
    const started = await Promise.race([start(options, undo, interruption.signal, complain), interrupted]);
    if (started === undefined) return 130;
    print(options.json ? JSON.stringify(started) : reportText(started, !options.once));
    if (options.once) return 0;
    ready = true;
    await interrupted;
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    complain(`npm start failed: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof StartError ? error.exitCode : 1;
  } finally {
    ready = false;
    await undo.all(CLOSE_TIMEOUT_MS);
  }
}

async function start(
  options: StartOptions,
  undo: Undo,
  signal: AbortSignal,
  complain: (line: string) => void,
): Promise<Report> {
  const state = openState(options.dataDir);
  const dataDir = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
  const port = (name: keyof typeof state.ports) => state.ports[name] ?? 0;
  // Or any page and program on this machine could use the demo server past the gateway.
  const everythingKey = randomBytes(24).toString('base64url');
  const gatewayPort = options.port ?? state.ports.gateway ?? (options.once ? 0 : DEFAULT_PORT);

  const [issuer, everything, stripe, ...platforms] = await Promise.all([
    undo.opened(startDemoIssuer({ port: port('issuer'), ...dataDir })),
    undo.opened(startEverythingUpstream({ port: port('everything'), key: everythingKey })),
    undo.opened(startKeyUpstream({ port: port('stripe'), headerValue: `Bearer ${state.key}` })),
    ...DEMO_PLATFORM_NAMES.map((name) => undo.opened(DEMO_PLATFORMS[name]({ port: port(name) }))),
  ]).catch(explainPort);
  signal.throwIfAborted();
  const gateway = await undo
    .opened(
      startLocalGateway({
        port: gatewayPort,
        ...dataDir,
        signIn: {
          identityProvider: {
            issuer: issuer.issuer,
            clientId: issuer.client.id,
            administratorGroups: [ADMINISTRATORS],
            // Asks each time, so that whoever tries it can be one person and then the other.
            authorizationParameters: { prompt: 'login' },
          },
          clientSecret: issuer.client.secret,
          clients: [COMMAND_LINE],
        },
        upstreams: [
          {
            name: 'everything',
            url: everything.url,
            credential: { provider: 'everything', headers: { Authorization: 'Bearer {key}' } },
          },
          {
            name: 'stripe',
            url: stripe.url,
            credential: { provider: 'stripe', headers: { Authorization: 'Bearer {key}' } },
          },
          ...platforms.map(upstreamOf),
        ],
        connections: platforms.map(connectionOf),
      }),
    )
    .catch(explainPort);
  signal.throwIfAborted();
  state.save({
    gateway: gateway.port,
    issuer: issuer.port,
    everything: everything.port,
    stripe: stripe.port,
    ...Object.fromEntries(platforms.map(({ provider, port }) => [provider.name, port])),
  });

  const session = await undo.opened(startDemoSession(new Person(gateway.url, issuer, DEMO_PERSON)));
  signal.throwIfAborted();
  const keys = { stripe: state.key, everything: everythingKey };
  const call = await firstCall(gateway, stripe, keys, session.token, signal);
  if (!options.once) openForTools(new LocalOutputs(gateway, issuer.issuer), session, undo, complain);
  return makeReport({
    url: gateway.url,
    identityProvider: issuer.issuer,
    call: { ...call, person: DEMO_PERSON },
    token: session.token,
    tokenExpiresAtMs: session.expiresAtMs,
    platforms,
  });
}

/** What an earlier run was told as it registered itself is over: a demo platform remembers nobody. */
function connectionOf({ provider, clientSecret = '{}' }: DemoPlatform): LocalConnection {
  return { provider, clientSecret };
}

/** The SDK and the command line, run from this folder, need no sign-in. */
function openForTools(outputs: LocalOutputs, session: DemoSession, undo: Undo, complain: (line: string) => void): void {
  outputs.write(session.token);
  undo.add(() => outputs.remove());
  session
    .keepFresh((token) => outputs.write(token))
    .catch(() => complain('The access of this demo’s own token has ended: start again for a new one'));
}

/** Resolves at the first Ctrl-C or TERM; the second does not wait for an orderly end. */
function onInterrupt(interruption: AbortController, complain: (line: string) => void): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (interruption.signal.aborted) process.exit(130);
        complain('Stopping');
        interruption.abort();
        resolve(undefined);
      });
    }
  });
}

function explainPort(error: unknown): never {
  const { code, port } = error as { code?: unknown; port?: unknown };
  if (code === 'EADDRINUSE') {
    throw new StartError(
      `Port ${String(port)} is in use: stop what uses it, or choose another by npm start -- --port N`,
    );
  }
  if (code === 'EACCES' && port !== undefined) {
    throw new StartError(`Port ${String(port)} needs privileges: choose one above 1023 by npm start -- --port N`);
  }
  throw error;
}
