import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ENV } from '../../../lambda/contract/env';
import type { RefresherRequest } from '../../../lambda/contract/refresher-api';
import { stageFunction } from '../../../lib/stage-function';
import { provisionGateway } from '../../../local/aws/provision';
import type { GatewayProcess } from '../harness/gateway-process';

/** Instances of the refresher as it is deployed, each in a process that can be killed. */
export interface MortalRefresher {
  /** Begins, and never ends by itself as far as a test is concerned. @returns kills it: nothing of it runs any more */
  begin(request: RefresherRequest): () => Promise<void>;
  close(): Promise<void>;
}

export async function mortalRefresher(gateway: GatewayProcess, platforms: readonly string[]): Promise<MortalRefresher> {
  const dir = mkdtempSync(join(tmpdir(), 'mortal-refresher-'));
  stageFunction('refresher', await gateway.commands.config(), dir);
  const provisioned = await provisionGateway(gateway.aws, {
    gatewayId: 'local',
    providers: [],
    connectProviders: platforms,
    connectClientKey: true,
  });
  const program = `const { handler } = await import(${JSON.stringify(pathToFileURL(join(dir, 'index.mjs')).href)});
await handler(JSON.parse(process.argv[1]), { getRemainingTimeInMillis: () => 60_000 });`;
  const env = { ...gateway.aws.env, ...provisioned, [ENV.gatewayUrl]: gateway.url, PATH: process.env['PATH'] };
  const kills: (() => Promise<void>)[] = [];
  return {
    begin(request) {
      const args = ['--input-type=module', '-e', program, JSON.stringify(request)];
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
      const ended = once(child, 'exit');
      const kill = async () => {
        child.kill('SIGKILL');
        await ended;
      };
      kills.push(kill);
      return kill;
    },
    async close() {
      await Promise.all(kills.map((kill) => kill()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
