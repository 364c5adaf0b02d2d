import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { stageFunction } from '../lib/stage-function';
import type { LocalFunctions } from './aws/lambda/lambda-service';
import type { FunctionInvoker, FunctionName } from './functions/invoker';
import { type LocalInternet, localAnswer } from './local-internet';

type FunctionDirs = Partial<Record<FunctionName, string>>;

export interface StagedFunctions {
  readonly root: string;
  /** What others ask while they start. */
  readonly signIn: FunctionDirs;
  readonly calls: FunctionDirs;
}

/** The bundles a gateway of this configuration has, each with the configuration beside it. */
export function stageFunctions(config: GatewayConfig): StagedFunctions {
  const root = mkdtempSync(join(tmpdir(), 'mcp-gateway-'));
  const stage = (...names: FunctionName[]): FunctionDirs =>
    Object.fromEntries(
      names.map((name) => {
        const directory = join(root, name);
        stageFunction(name, config, directory);
        return [name, directory];
      }),
    );
  const hasSignIn = config.authorizationServer !== undefined;
  const hasConnections = (config.providers ?? []).length > 0;
  const hasRotations = (config.keyRotations ?? []).length > 0;
  try {
    return {
      root,
      signIn: hasSignIn ? stage('authz', 'fetcher', 'grants') : {},
      calls: stage(
        'mcp',
        'authorizer',
        'vault',
        ...(hasSignIn ? (['connect'] as const) : []),
        ...(hasConnections ? (['refresher'] as const) : []),
        ...(hasRotations ? (['rotation'] as const) : []),
      ),
    };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

/** Functions of two groups as one; those of the second are waited for until they are there. */
export function inTurn(
  firstNames: readonly string[],
  first: FunctionInvoker,
  second: Promise<FunctionInvoker>,
): FunctionInvoker {
  const invokerOf = (name: FunctionName) => (firstNames.includes(name) ? Promise.resolve(first) : second);
  return {
    invokeBuffered: async (name, event, signal) => (await invokerOf(name)).invokeBuffered(name, event, signal),
    invokeStreaming: async (name, event, signal) => (await invokerOf(name)).invokeStreaming(name, event, signal),
    close: () => first.close(),
  };
}

/**
 * The functions that are invoked by others: the real ones. Only the fetcher's network has more in it than the internet
 * has: it would go to no server of this machine, and nothing but this file can make it.
 */
export function invokedFunctions(running: () => FunctionInvoker | undefined, internet: LocalInternet): LocalFunctions {
  const invoke = async (name: FunctionName, payload: unknown) =>
    running()?.invokeBuffered(name, payload as object, new AbortController().signal);
  return (name) => {
    if (name === 'refresher' || name === 'rotation') return (payload) => invoke(name, payload);
    if (name !== 'fetcher') return undefined;
    return async (payload) => (await localAnswer(internet, payload)) ?? invoke('fetcher', payload);
  };
}
