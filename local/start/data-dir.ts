import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoPlatformName } from '../demo/platforms/demo-platforms';
import { writePrivateFile } from '../private-file';
import { StartError } from './start-error';

/** Addresses are part of the state: keys are bound to upstream origins, and tokens to the gateway's URL. */
export interface Ports extends Readonly<Partial<Record<DemoPlatformName, number>>> {
  readonly gateway: number;
  readonly issuer: number;
  readonly everything: number;
  readonly stripe: number;
}

/** What survives a restart beside the embedded AWS and the issuer's key. */
export interface DemoState {
  readonly ports: Partial<Ports>;
  /** The key the demo upstream demands. */
  readonly key: string;
  save(ports: Ports): void;
}

export function openState(dataDir: string | undefined): DemoState {
  const fresh = `sk_demo_${randomBytes(16).toString('hex')}`;
  if (dataDir === undefined) return { ports: {}, key: fresh, save: () => undefined };
  makeUsable(dataDir);
  const path = join(dataDir, 'demo.json');
  const { ports = {}, key = fresh } = existsSync(path) ? readState(path) : {};
  return { ports, key, save: (used) => writePrivateFile(path, JSON.stringify({ ports: used, key })) };
}

function makeUsable(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new StartError(`The data directory ${dataDir} cannot be used (${reason}): choose one you can write to`);
  }
}

function readState(path: string): { ports?: Partial<Ports>; key?: string } {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { ports?: Partial<Ports>; key?: string };
  } catch {
    throw new StartError(`${path} cannot be read: delete the data directory to start anew`);
  }
}
