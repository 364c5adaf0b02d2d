import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** Where to connect, and as whom. */
export interface Door {
  readonly url: string;
  readonly token: string;
}

/** What the tests need of any real client. */
export interface RealClient {
  listTools(): Promise<string[]>;
  /** The text of the result. */
  callTool(name: string, args?: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

const IDENTITY = { name: 'e2e', version: '1.0.0' };

const headersOf = ({ token }: Door) => ({ requestInit: { headers: { Authorization: `Bearer ${token}` } } });

/** `@modelcontextprotocol/sdk`: the line that stops at 2025-11-25. */
export async function connectV1(door: Door, client = new ClientV1(IDENTITY)): Promise<RealClient> {
  const transport = new TransportV1(new URL(door.url), headersOf(door));
  await client.connect(transport as never);
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    callTool: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/client`, speaking the revision that is asked for. */
export async function connectV2(door: Door, mode: 'legacy' | 'auto' | 'modern'): Promise<RealClient> {
  const client = new ClientV2(IDENTITY, {
    versionNegotiation: { mode: mode === 'modern' ? { pin: '2026-07-28' } : mode },
  });
  await client.connect(new TransportV2(new URL(door.url), headersOf(door)));
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    callTool: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
    close: () => client.close(),
  };
}

/** The MCP Inspector's command line; each call is a process and a connection of its own. */
export async function connectInspector(door: Door, era: 'legacy' | 'modern'): Promise<RealClient> {
  const home = mkdtempSync(join(tmpdir(), 'inspector-'));
  const run = (...args: string[]) => inspector(home, door, ['--protocol-era', era, ...args]);
  return {
    listTools: async () => {
      const { result } = await run('--method', 'tools/list');
      return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
    },
    callTool: async (name, args = {}) => {
      const json = JSON.stringify(args);
      return textOf((await run('--method', 'tools/call', '--tool-name', name, '--tool-args-json', json)).result);
    },
    close: async () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Runs the command line; fails with what it said when it fails. */
function inspector(home: string, door: Door, args: readonly string[]): Promise<{ result: unknown }> {
  const program = join(
    __dirname,
    '../../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  );
  const connection = ['--cli', door.url, '--transport', 'http', '--header', `Authorization: Bearer ${door.token}`];
  const child = spawn(process.execPath, [program, ...connection, '--format', 'json', ...args], {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(stdout) as { result: unknown });
      else reject(new Error(`mcp-inspector ended with ${code}: ${stderr}${stdout}`));
    });
  });
}

function textOf(result: unknown): string {
  const { content } = result as { content: { type: string; text?: string }[] };
  return content.map(({ text }) => text ?? '').join('\n');
}
