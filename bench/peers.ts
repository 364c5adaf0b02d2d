import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort, startNode, type Target } from './processes';

/** Installs what the gateway is compared with, into bench/node_modules, on first use. */
export function installPeers(root: string): void {
  const lock = readFileSync(join(root, 'bench/package-lock.json'), 'utf8');
  const stamp = join(root, 'bench/node_modules/.installed-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing the programs to compare with into bench/node_modules (first run, about 110 MB)');
  const args = [
    'ci',
    '--prefix',
    join(root, 'bench'),
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const windows = process.platform === 'win32';
  execFileSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: windows,
  });
  writeFileSync(stamp, lock);
}

/** Starts a program from bench/node_modules: loopback only, its files in a directory that the bench removes. */
async function startPeer(
  root: string,
  script: string,
  port: number,
  args: readonly string[],
  home: string,
): Promise<Target> {
  return startNode(join(root, 'bench/node_modules', script), args, {
    core: 'test',
    port,
    nodeArgs: ['--import', pathToFileURL(join(root, 'bench/targets/loopback-only.mjs')).href],
    env: { HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home },
  });
}

export async function startMcpHub(root: string, upstreamUrl: string, home: string): Promise<Target> {
  const config = join(mkdtempSync(join(home, 'hub-')), 'servers.json');
  writeFileSync(config, JSON.stringify({ mcpServers: { up: { type: 'streamable-http', url: upstreamUrl } } }));
  const port = await freePort();
  const target = await startPeer(root, 'mcp-hub/dist/cli.js', port, ['--port', String(port), '--config', config], home);
  await untilHubReady(port);
  return target;
}

/** Tools of the upstream appear some time after the port opens. */
async function untilHubReady(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const health = await fetch(`http://127.0.0.1:${port}/api/servers`).then((answer) => answer.text());
    if (health.includes('"connected"')) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('mcp-hub did not connect to its upstream within 10 s');
}

export async function startSupergateway(root: string, home: string): Promise<Target> {
  const port = await freePort();
  const command = `"${process.execPath}" "${join(root, 'bench/targets/upstream-stdio.mjs')}"`;
  const args = ['--stdio', command, '--outputTransport', 'streamableHttp', '--stateful', '--logLevel', 'none'];
  return startPeer(root, 'supergateway/dist/index.js', port, [...args, '--port', String(port)], home);
}

export async function startMcpProxy(root: string, home: string): Promise<Target> {
  const port = await freePort();
  const args = ['--host', '127.0.0.1', '--port', String(port), '--server', 'stream', '--stateless', '--'];
  const command = [process.execPath, join(root, 'bench/targets/upstream-stdio.mjs')];
  return startPeer(root, 'mcp-proxy/dist/bin/mcp-proxy.mjs', port, [...args, ...command], home);
}

export function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), 'mcp-gateway-bench-'));
}
