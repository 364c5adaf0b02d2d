import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_DEFAULTS, type GatewayConfig, type ProviderConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';
import { endpointPath } from '../lambda/contract/paths';
import { type FunctionName, stageFunction } from '../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from '../local/aws/embedded-aws';
import { provisionGateway } from '../local/aws/provision';
import { storeKey } from './store-key';

export const GATEWAY_URL = 'https://gateway.bench.test';
export const SCOPE = 'mcp:tools';
export const PROVIDER = 'up';
const UPSTREAM = 'up';

/** Looks like a key, so that the redactor has the work it has with a real one. */
const SECRET = 'bench_sk_4eC39HqLyjWDarjtT1zdp7dc';

export interface StageOptions {
  readonly upstreamUrl: string;
  /** @default the product's default, 1 s */
  readonly cacheTtlMs?: number;
  /** The upstream wants the caller's account there, not the operator's key. */
  readonly platform?: ProviderConfig;
}

/** A function directory as the construct stages it, and the environment its Lambda function would have. */
export interface Staged {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One gateway's AWS resources, and its functions as they are deployed. */
export interface Staging {
  readonly aws: EmbeddedAws;
  /** Of the endpoint before the upstream. */
  readonly path: string;
  stage(options: StageOptions, fn?: FunctionName): Promise<Staged>;
  /** Stores another key for the upstream's provider, by the real vault function. */
  replaceKey(key: string): Promise<void>;
  close(): Promise<void>;
}

export interface StagingOptions {
  readonly root: string;
  readonly home: string;
  readonly configure: (
    upstreams: GatewayConfig['upstreams'],
    cacheTtlMs: number,
    providers?: readonly ProviderConfig[],
  ) => GatewayConfig;
  readonly idpClientSecret?: string;
}

export async function startStaging({ root, home, configure, idpClientSecret }: StagingOptions): Promise<Staging> {
  const aws = await startEmbeddedAws();
  const provisioned = await provisionGateway(aws, {
    gatewayId: 'bench',
    providers: [PROVIDER],
    ...(idpClientSecret === undefined ? {} : { idpClientSecret }),
  });
  const functions = {
    [ENV.fetcherFunction]: 'fetcher',
    [ENV.refresherFunction]: 'refresher',
    [ENV.providerSecrets]: '{}',
  };
  const env = { ...aws.env, ...provisioned, ...functions, [ENV.gatewayUrl]: GATEWAY_URL };
  const origins = new Set<string>();

  const stageAs = (
    fn: FunctionName,
    upstreams: GatewayConfig['upstreams'],
    cacheTtlMs: number,
    platform?: ProviderConfig,
  ): Staged => {
    const directory = mkdtempSync(join(home, `${fn}-`));
    stageFunction(fn, configure(upstreams, cacheTtlMs, platform && [platform]), directory);
    return { directory, env };
  };

  /** The key is bound to the origins of the upstreams that use it; each of ours has a port of its own. */
  const replaceKey = async (key: string): Promise<void> => {
    const upstreams = [...origins].map((origin, i) => upstream(`up-${i}`, origin));
    await storeKey(root, stageAs('vault', upstreams, 0), PROVIDER, key);
  };

  return {
    aws,
    path: endpointPath(UPSTREAM),
    replaceKey,
    async stage({ upstreamUrl, cacheTtlMs = CONFIG_DEFAULTS.cacheTtlMs, platform }, fn = 'mcp') {
      const { origin } = new URL(upstreamUrl);
      if (!origins.has(origin)) {
        origins.add(origin);
        await replaceKey(SECRET);
      }
      return stageAs(fn, [upstream(UPSTREAM, upstreamUrl, platform)], cacheTtlMs, platform);
    },
    close: () => aws.close(),
  };
}

function upstream(name: string, url: string, platform?: ProviderConfig): GatewayConfig['upstreams'][number] {
  const { connectTimeoutMs, idleTimeoutMs, totalTimeoutMs } = CONFIG_DEFAULTS;
  const credential =
    platform === undefined
      ? { provider: PROVIDER, headers: { Authorization: 'Bearer {key}' } }
      : { provider: platform.name, owner: 'person' as const, headers: platform.headers };
  return { name, url, credential, connectTimeoutMs, idleTimeoutMs, totalTimeoutMs };
}
