import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { closeNow, listenOnLoopback } from '../../local/demo/listen';

/** Revisions the tool has authorization server scenarios of. */
export const SPEC_VERSIONS = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;

export interface AuthorizationRun {
  readonly exitCode: number;
  /** Of both its scenarios. `WARNING` and `SKIPPED` pass for the tool, and hide that something was not looked at. */
  readonly checks: readonly { readonly id: string; readonly status: string }[];
  readonly output: string;
}

export interface AuthorizationRunOptions {
  readonly root: string;
  readonly version: (typeof SPEC_VERSIONS)[number];
  /** The issuer. */
  readonly url: string;
  readonly clientId: string;
  readonly resource: string | undefined;
  /** What the person does with the address the tool prints; gives where that leads. */
  readonly signIn: (authorizationUrl: string) => Promise<URL>;
}

/** Runs the official tool's authorization server leg once: metadata, and a sign-in it waits for. */
export async function runAuthorizationConformance(options: AuthorizationRunOptions): Promise<AuthorizationRun> {
  const { root, version, url, clientId, resource, signIn } = options;
  const results = join(root, 'build/conformance', `authorization-${version}`);
  rmSync(results, { recursive: true, force: true });
  const program = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const args = ['authorization', '--url', url, '--client-id', clientId, '--port', String(await freePort())];
  const target = resource === undefined ? [] : ['--resource', resource];
  const child = spawn(process.execPath, [program, ...args, ...target, '--spec-version', version, '-o', results], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isSignedIn = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const asked = authorizationUrlIn(output, url);
      // It prints the address before it listens for the answer.
      if (asked === undefined || isSignedIn || !output.includes('Callback server started')) return;
      isSignedIn = true;
      signIn(asked)
        .then((answer) => fetch(answer))
        .catch((error: unknown) => {
          output += `\nThe sign-in failed: ${String(error)}\n`;
          // It would wait for five minutes.
          child.kill();
        });
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  return { exitCode, checks: checksIn(results), output };
}

/** The line the tool prints for the person, once it is complete. */
export function authorizationUrlIn(output: string, issuer: string): string | undefined {
  return output
    .split('\n')
    .slice(0, -1)
    .find((line) => line.startsWith(`${issuer}/authorize?`));
}

function checksIn(results: string): AuthorizationRun['checks'] {
  return readdirSync(results, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('checks.json'))
    .flatMap((path) => JSON.parse(readFileSync(join(results, path), 'utf8')) as AuthorizationRun['checks'][number][]);
}

/** The tool takes no 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await closeNow(server);
  return port;
}
