import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { closeNow, listenOnLoopback } from '../../local/demo/listen';
import { logIn } from '../../local/demo/log-in';
import type { DemoPersonName } from '../../local/demo/people';
import { Person } from '../../local/demo/person';
import { consentAt } from '../../local/demo/platforms/consent-visitor';
import { renewForDemo, signInForDemo } from '../../local/start/demo-sign-in';
import type { Report } from '../../local/start/report';
import { bundleProgram } from '../../scripts/run-ts.mjs';
import { McpGateway } from '../../sdk/index';

jest.setTimeout(90_000);

const ROOT = join(__dirname, '../..');
const MASKED = /^Authorization: Bearer sk_d…[0-9a-f]{4}$/;

let program: string;
let cli: string;
let example: string;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundleProgram(ROOT, 'local/start.ts');
  cli = await bundleProgram(ROOT, 'cli/main.ts');
  example = await bundleProgram(ROOT, 'examples/store-key/store-key.ts');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-test-'));
  mkdirSync(join(folder, 'tmp'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  /** The first line of standard output. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

/** Runs a program as its own process, in a folder of the test's own. */
function run(script: string, ...args: string[]): Run {
  return runWith({}, script, ...args);
}

function runWith(env: Record<string, string>, script: string, ...args: string[]): Run {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: {
      ...env,
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: join(folder, 'tmp'),
      MCP_GATEWAY_ROOT: ROOT,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const written = { out: '', err: '' };
  child.stderr.on('data', (chunk: Buffer) => {
    written.err += chunk;
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      written.out += chunk;
      const end = written.out.indexOf('\n');
      if (end >= 0) resolve(written.out.slice(0, end));
    });
    child.once('close', () => reject(new Error(`ended before it was ready: ${written.err}`)));
  });
  firstLine.catch(() => undefined);
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  return { child, firstLine, ended };
}

async function serve(...args: string[]): Promise<Run & { report: Report }> {
  const server = run(program, '--json', '--port', '0', ...args);
  return { ...server, report: JSON.parse(await server.firstLine) as Report };
}

async function callShowKey(report: Report): Promise<unknown> {
  const client = await new McpGateway({ authMode: 'token', url: report.url, token: report.token }).connect('stripe');
  const result = await client.callTool({ name: 'show_key', arguments: {} });
  await client.close();
  return result.content;
}

/** Somebody else's browser on this machine. */
function personAt({ url, identityProvider }: Report, name: DemoPersonName): Person {
  return new Person(url, { issuer: identityProvider, logIn }, name);
}

const homes = { work: 'work', private: 'home' };

const leftBehind = () => readdirSync(join(folder, 'tmp'));

describe('npm start -- --once', () => {
  test('--json prints one document: what the agent saw, what the upstream got, what it cost', async () => {
    const { code, out, err } = await run(program, '--once', '--json').ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const report = JSON.parse(out) as Report;
    expect(report.call).toEqual({
      agentSaw: expect.stringMatching(MASKED) as string,
      upstreamGot: report.call.agentSaw,
      throughGatewayMs: expect.any(Number) as number,
      directMs: expect.any(Number) as number,
      addedMs: expect.any(Number) as number,
      calls: 25,
      person: 'alice',
    });
    expect(report).toMatchObject({
      issuer: report.url,
      accountUrl: `${report.url}/account`,
      people: [
        { id: 'alice', name: 'Alice Example', isAdministrator: true },
        { id: 'bob', name: 'Bob Example', isAdministrator: false },
      ],
    });
    expect(leftBehind()).toEqual([]);
    expect(existsSync(join(folder, '.mcp-gateway/local.json'))).toBe(false);
  });

  test('prints the same for people, without colours into a pipe and without the key', async () => {
    const { code, out, err } = await run(program, '--once', '--data-dir', 'data').ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { key } = JSON.parse(readFileSync(join(folder, 'data/demo.json'), 'utf8')) as { key: string };
    const masked = `${key.slice(0, 4)}…${key.slice(-4)}`;
    expect(out).toContain(`agent saw      Authorization: Bearer ${masked}\n`);
    expect(out).toContain(
      `upstream got   Authorization: Bearer ${masked}  (masked; from the vault, the agent never had it)\n`,
    );
    expect(out).toMatch(
      /gateway added {2}-?[\d.]+ ms {2}\(median of 25: [\d.]+ through the gateway, [\d.]+ direct\)\n/,
    );
    expect(out).not.toContain('\u001b');
    expect(out).not.toContain(key);
  });

  test('stops at Ctrl-C during the call, prints no report and leaves nothing running or half-written', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    const appeared = new Promise<void>((resolve) => {
      const watcher = watch(data, (_event, name) => {
        if (name !== 'demo.json') return;
        watcher.close();
        resolve();
      });
    });
    const { child, ended } = run(program, '--once', '--json', '--data-dir', 'data');
    // The program writes it right before the first call.
    await appeared;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, out: '', err: 'Stopping\n' });
    expect(leftBehind()).toEqual([]);
    expect(readdirSync(data, { recursive: true }).filter((name) => String(name).endsWith('.tmp'))).toEqual([]);
  });
});

describe('npm start as a server', () => {
  test('opens itself to the command line run from the same folder, and to nobody else', async () => {
    const { child, report, ended } = await serve();
    expect(statSync(join(folder, '.mcp-gateway/local.json')).mode & 0o777).toBe(0o600);
    const said = [];
    for (const args of [
      ['call', 'stripe', 'show_key'],
      ['call', 'everything', 'echo', '{"message":"hi"}'],
      ['vault', 'list', '--json'],
      ['status'],
    ]) {
      said.push(await run(cli, ...args).ended);
    }
    expect(said.map(({ code, err }) => ({ code, err }))).toEqual(said.map(() => ({ code: 0, err: '' })));
    const [shown, echoed, listed, status] = said.map(({ out }) => out);
    expect(shown).toBe(`${report.call.agentSaw}\n`);
    expect(echoed).toBe('Echo: hi\n');
    expect(JSON.parse(listed ?? '')).toMatchObject({
      keys: [
        { provider: 'everything', version: 1 },
        { provider: 'stripe', version: 1 },
      ],
      configured: ['everything', 'stripe'],
    });
    expect(status).toContain('Vault    2 of 2 keys stored\n');

    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, out: `${JSON.stringify(report)}\n` });
    expect(existsSync(join(folder, '.mcp-gateway/local.json'))).toBe(false);
    expect(leftBehind()).toEqual([]);
  });

  test('serves the example that stores a key, without any setting', async () => {
    const { child, ended } = await serve('--data-dir', 'data');
    const { key } = JSON.parse(readFileSync(join(folder, 'data/demo.json'), 'utf8')) as { key: string };
    const outcome = await runWith({ STRIPE_KEY: key }, example).ended;
    expect(outcome).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^stripe: version 2, sent to http:\/\/127\.0\.0\.1:\d+ only\ntools: show_key, echo\n$/,
      ) as string,
      err: '',
    });
    expect((await runWith({}, example).ended).err).toBe(
      'The part "key" is empty. Check where it is read from, and trim it.\n',
    );
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  test('ends in order at Ctrl-C while a call is under way', async () => {
    const { child, report, ended } = await serve();
    const gateway = new McpGateway({ authMode: 'token', url: report.url, token: report.token });
    const client = await gateway.connect('everything');
    const started = Promise.withResolvers<void>();
    const call = client
      .callTool(
        { name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 600 } },
        { onprogress: () => started.resolve() },
      )
      .then(
        () => 'answered',
        () => 'cut off',
      );
    await started.promise;
    child.kill('SIGINT');
    const { code, err } = await ended;
    await client.close();
    expect(code).toBe(0);
    expect(err.split('\n').filter((line) => !line.startsWith('{'))).toEqual(['Stopping', '']);
    expect(await call).toBe('cut off');
    expect(leftBehind()).toEqual([]);
  });

  test('keeps addresses, signing key, sign-ins and vault in --data-dir over a restart: yesterday’s agent goes on', async () => {
    const first = await serve('--data-dir', 'data');
    const agent = await signInForDemo(personAt(first.report, 'bob'));
    first.child.kill('SIGTERM');
    await first.ended;
    const second = run(program, '--json', '--data-dir', 'data');
    const report = JSON.parse(await second.firstLine) as Report;
    const addresses = ({ url, identityProvider, accountUrl, call }: Report) => ({
      url,
      identityProvider,
      accountUrl,
      agentSaw: call.agentSaw,
    });
    expect(addresses(report)).toEqual(addresses(first.report));
    const shown = [{ type: 'text', text: first.report.call.agentSaw }];
    expect(await callShowKey({ ...report, token: agent.accessToken })).toEqual(shown);
    const renewed = await renewForDemo(report.url, agent);
    expect(await callShowKey({ ...report, token: renewed.accessToken })).toEqual(shown);
    expect((await run(cli, 'call', 'everything', 'echo', '{"message":"hi"}').ended).out).toBe('Echo: hi\n');
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
  });

  test('a stopped run leaves no agent of its own on the person’s page, and one that runs is there', async () => {
    const first = await serve('--data-dir', 'data');
    first.child.kill('SIGINT');
    await first.ended;
    const second = await serve('--data-dir', 'data');
    const { body } = await personAt(second.report, 'alice').visit(second.report.accountUrl);
    expect(body.match(/<h2[^>]*>.*?<\/h2>/g)).toEqual([
      expect.stringContaining('mcp-gateway command line'),
      expect.stringContaining('Connected accounts'),
    ]);
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(0);
  });

  test('alice connects a platform, and her agent’s whoami says as whom it calls; the same after a restart', async () => {
    for (const account of ['work', 'private'] as const) {
      const { child, report, ended } = await serve('--data-dir', 'data');
      expect(report.platforms.map(({ name }) => name)).toEqual(['slack', 'github', 'google', 'notion', 'tracker']);
      // It registers clients, and a demo platform forgets them.
      const { connectUrl = '', url } = report.platforms.at(-1) ?? {};
      const alice = personAt(report, 'alice');
      const { form } = await alice.reachConsent(connectUrl);
      const { redirect } = await alice.follow(await alice.open(connectUrl, { body: form }));
      const page = await alice.visit(await consentAt(redirect ?? '', account));
      expect(page.status).toBe(200);
      const agent = new McpGateway({ authMode: 'token', url: report.url, token: report.token });
      const client = await agent.connect('tracker');
      const { content } = await client.callTool({ name: 'whoami', arguments: {} });
      expect(content).toEqual([{ type: 'text', text: expect.stringContaining(`sam-at-${homes[account]}`) }]);
      expect(url).toBe(`${report.url}/mcp/tracker`);
      await client.close();
      child.kill('SIGINT');
      expect((await ended).code).toBe(0);
    }
  });

  test('tells a newcomer where to connect, as whom, and where to revoke; and its lines for a shell work', async () => {
    const server = run(program, '--port', '0');
    const ready = Promise.withResolvers<void>();
    let text = '';
    server.child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
      if (text.includes('Ctrl-C stops it.')) ready.resolve();
    });
    await ready.promise;
    const [, url] = /MCP gateway {2}(\S+)/.exec(text) ?? [];
    expect(text).toContain(`claude mcp add --transport http everything ${url}/mcp/everything\n`);
    expect(text).toContain('You are one of Alice Example (administrator) and Bob Example; no passwords\n');
    expect(text).toContain(`  ${url}/account\n`);
    const lines = text.split('\n').filter((line) => /^ {2}(export|curl) /.test(line));
    const shell = spawn('bash', ['-c', lines.join('\n')], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(shell);
    const answered = await readAll(shell.stdout);
    const [, saw] = /agent saw {6}(.+)\n/.exec(text) ?? [];
    expect(answered).toContain(saw);
    server.child.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
  });
});

describe('npm start that cannot', () => {
  const failure = async (...args: string[]) => run(program, '--once', '--json', ...args).ended;

  test('fails in one line when its port is taken', async () => {
    const other = createServer();
    const port = await listenOnLoopback(other);
    const outcome = await failure('--port', String(port));
    await closeNow(other);
    expect(outcome).toEqual({
      code: 1,
      out: '',
      err: `npm start failed: Port ${port} is in use: stop what uses it, or choose another by npm start -- --port N\n`,
    });
    expect(leftBehind()).toEqual([]);
  });

  test('fails in one line when the data directory cannot be used', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await failure('--data-dir', 'file/data')).toEqual({
      code: 1,
      out: '',
      err: `npm start failed: The data directory ${join(folder, 'file/data')} cannot be used (ENOTDIR): choose one you can write to\n`,
    });
  });

  test('fails in one line when its state is damaged', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/demo.json'), '{"ports":');
    expect(await failure('--data-dir', 'data')).toEqual({
      code: 1,
      out: '',
      err: `npm start failed: ${join(folder, 'data/demo.json')} cannot be read: delete the data directory to start anew\n`,
    });
  });

  test('fails in one line when the functions are not built', async () => {
    const elsewhere = join(folder, 'checkout/build/programs/start.mjs');
    mkdirSync(dirname(elsewhere), { recursive: true });
    copyFileSync(program, elsewhere);
    writeFileSync(join(folder, 'checkout/package.json'), '{"name":"cdk-mcp-gateway"}');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'checkout/node_modules'));
    const { code, out, err } = await run(elsewhere, '--once', '--json').ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      `npm start failed: ${join(folder, 'checkout/assets/authz/index.mjs')} is missing: run "npm run build" in a checkout, or reinstall cdk-mcp-gateway\n`,
    );
  });

  test('refuses an unknown option in one line, with exit code 2', async () => {
    expect(await failure('--prot', '4000')).toEqual({
      code: 2,
      out: '',
      err: "npm start failed: Unknown option '--prot': npm start -- --help lists the options\n",
    });
  });

  test('--help tells the options and exit codes', async () => {
    const { code, out } = await run(program, '--help').ended;
    expect(code).toBe(0);
    expect(out).toContain('--data-dir DIR  keep keys, sign-ins and addresses in DIR');
  });
});
