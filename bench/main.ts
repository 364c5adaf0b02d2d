import { rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type BenchOptions, type Group, parseOptions, USAGE } from './options';
import { type Ours, startOurs } from './ours';
import { type OwnIssuer, startOwnIssuer } from './own-issuer';
import { installPeers, temporaryHome } from './peers';
import { killAll, pinning, pinSelf, startNode, stopAll, type Target } from './processes';
import { type Results, ratiosTable, resultsJson, rowsTable } from './report';
import { bodyRows } from './rows/bodies';
import { coldRows } from './rows/cold';
import { connectionRevocationRows } from './rows/connection-revocation';
import { connectionRows } from './rows/connections';
import type { BenchContext, GroupResult } from './rows/context';
import { hopRows } from './rows/hop';
import { inProcessRows } from './rows/in-process';
import { memoryRows } from './rows/memory';
import { revocationRows } from './rows/revocation';
import { runtimeApiRows } from './rows/runtime-api';
import { signInRows } from './rows/sign-in';
import { stdioRows } from './rows/stdio';
import { streamRows } from './rows/streams';
import { vaultRows } from './rows/vault';
import type { Ratio, Row } from './stats';

const GROUP_ROWS: Readonly<Record<Group, (bench: BenchContext) => Promise<GroupResult>>> = {
  hop: hopRows,
  stdio: stdioRows,
  'in-process': inProcessRows,
  'runtime-api': runtimeApiRows,
  cold: coldRows,
  vault: vaultRows,
  connections: connectionRows,
  streams: streamRows,
  bodies: bodyRows,
  memory: memoryRows,
  'sign-in': signInRows,
  revocation: revocationRows,
  'revoke-accounts': connectionRevocationRows,
};

const root = process.env['MCP_GATEWAY_ROOT'] ?? process.cwd();
const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  console.error(`${options.problem}\n${USAGE}`);
  process.exit(2);
}
const home = temporaryHome();
process.on('exit', () => {
  killAll();
  rmSync(home, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    console.error('Interrupted: nothing was written, everything started is being stopped');
    process.exit(130);
  });
}

await run(options);
process.exit(0);

async function run(options: BenchOptions): Promise<void> {
  installPeers(root);
  pinSelf();
  const facts = environment(options);
  const rows: Row[] = [];
  const ratios: Ratio[] = [];
  let ours: Promise<Ours> | undefined;
  let ownIssuer: Promise<OwnIssuer> | undefined;
  const startedAt = performance.now();
  const say = (text: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.error(`${String(seconds).padStart(4)} s  ${text}`);
  };
  for (const group of options.groups) {
    const started: Target[] = [];
    const bench: BenchContext = {
      root,
      options,
      home,
      say,
      async target(name, args, spawnOptions) {
        const target = await startNode(join(root, 'bench/targets', name), args, spawnOptions);
        started.push(target);
        return target;
      },
      ours: () => {
        ours ??= startOurs(root, home);
        return ours;
      },
      ownIssuer: () => {
        ownIssuer ??= startOwnIssuer(root, home);
        return ownIssuer;
      },
    };
    const result = await GROUP_ROWS[group](bench);
    await Promise.all(started.map((target) => target.stop()));
    rows.push(...result.rows);
    ratios.push(...result.ratios);
  }
  await (await ours)?.close();
  await (await ownIssuer)?.close();
  await stopAll();
  report({ ...facts, rows, ratios }, options.json);
}

function environment(options: BenchOptions): Omit<Results, 'rows' | 'ratios'> {
  const busy = loadavg()[0] ?? 0;
  const notes = [
    pinning,
    `load average ${busy.toFixed(1)} at the start`,
    ...(options.quick ? ['quick run: the figures are noise'] : []),
  ];
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform} ${process.arch}`;
  return { when: new Date().toISOString(), machine, node: process.version, quick: options.quick, notes };
}

function report(results: Results, jsonOnly: boolean): void {
  writeFileSync(join(root, 'bench/results.json'), `${resultsJson(results, 2)}\n`);
  if (!jsonOnly) {
    console.log(`${results.machine}, Node ${results.node}; ${results.notes.join('; ')}\n`);
    console.log(`${rowsTable(results.rows)}\n\n${ratiosTable(results.ratios)}\n`);
  }
  console.log(resultsJson(results));
}
