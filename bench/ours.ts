import { mkdtempSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_DEFAULTS, type GatewayConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';
import { endpointPath, PATHS } from '../lambda/contract/paths';
import { type FunctionName, stageFunction } from '../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from '../local/aws/embedded-aws';
import { provisionGateway } from '../local/aws/provision';
import { httpCalls } from './callers';
import type { Callable } from './load';
import type { Target } from './processes';
import type { BenchContext } from './rows/context';
import { storeKey } from './store-key';
import { startTokenIssuer } from './token-issuer';

const GATEWAY_URL = 'https://gateway.bench.test';
const SCOPE = 'mcp:tools';
const UPSTREAM = 'up';
const PROVIDER = 'up';

export interface StageOptions {
  readonly upstreamUrl: string;
  /** @default the product's default, 1 s */
  readonly cacheTtlMs?: number;
}

/** A function directory as the construct stages it, and the environment its Lambda function would have. */
export interface Staged {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface OursHop {
  readonly process: Target;
  readonly path: string;
  readonly calls: Callable;
}

/** What the real handler stands in: an issuer, AWS, a stored key. */
export interface Ours {
  readonly aws: EmbeddedAws;
  /** What a call carries: a signed access token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  stage(options: StageOptions, fn?: FunctionName): Promise<Staged>;
  /** What bench/naive needs to do the same call. */
  naiveEnv(upstreamUrl: string): Readonly<Record<string, string>>;
  startHop(bench: BenchContext, options: StageOptions): Promise<OursHop>;
  close(): Promise<void>;
}

export async function startOurs(root: string, home: string): Promise<Ours> {
  const issuer = await startTokenIssuer();
  const aws = await startEmbeddedAws();
  const provisioned = await provisionGateway(aws, { gatewayId: 'bench', providers: [PROVIDER] });
  const headers = { authorization: `Bearer ${await issuer.token(GATEWAY_URL + PATHS.mcp, SCOPE)}` };
  const path = endpointPath(UPSTREAM);
  const log = openSync(join(home, 'audit.log'), 'a');
  const origins = new Set<string>();

  const configure = (upstreams: readonly (readonly [string, string])[], cacheTtlMs: number) =>
    gatewayConfig(issuer, upstreams, cacheTtlMs);
  const env = { ...aws.env, ...provisioned, [ENV.gatewayUrl]: GATEWAY_URL };
  const stageAs = (fn: FunctionName, config: GatewayConfig): Staged => {
    const directory = mkdtempSync(join(home, `${fn}-`));
    stageFunction(fn, config, directory);
    return { directory, env };
  };

  /** The key is bound to the origins of the upstreams that use it; each of ours has a port of its own. */
  const allow = async (url: string): Promise<void> => {
    const { origin } = new URL(url);
    if (origins.has(origin)) return;
    origins.add(origin);
    const upstreams = [...origins].map((known, i) => [`up-${i}`, known] as const);
    await storeKey(root, stageAs('vault', configure(upstreams, 0)), PROVIDER, SECRET);
  };

  const stage: Ours['stage'] = async ({ upstreamUrl, cacheTtlMs = CONFIG_DEFAULTS.cacheTtlMs }, fn = 'mcp') => {
    await allow(upstreamUrl);
    return stageAs(fn, configure([[UPSTREAM, upstreamUrl]], cacheTtlMs));
  };

  return {
    aws,
    headers,
    path,
    stage,
    naiveEnv: (upstreamUrl) => ({
      NAIVE_ISSUER: issuer.issuer,
      NAIVE_JWKS_URI: issuer.jwksUri,
      NAIVE_AUDIENCE: GATEWAY_URL + PATHS.mcp,
      NAIVE_UPSTREAM: upstreamUrl,
      NAIVE_PROVIDER: PROVIDER,
    }),
    async startHop(bench, options) {
      const { directory, env } = await stage(options);
      const process = await bench.target('ours-hop.mjs', [directory], { core: 'test', env, stdout: log });
      return { process, path, calls: httpCalls({ port: process.port, path, era: 'modern', process, headers }) };
    },
    async close() {
      issuer.close();
      await aws.close();
    },
  };
}

/** Looks like a key, so that the redactor has the work it has with a real one. */
const SECRET = 'bench_sk_4eC39HqLyjWDarjtT1zdp7dc';

function gatewayConfig(
  issuer: { readonly issuer: string; readonly jwksUri: string },
  upstreams: readonly (readonly [name: string, url: string])[],
  cacheTtlMs: number,
): GatewayConfig {
  const { connectTimeoutMs, idleTimeoutMs, totalTimeoutMs, algorithms, tokenTypes, clockToleranceSeconds } =
    CONFIG_DEFAULTS;
  const credential = { provider: PROVIDER, headers: { Authorization: 'Bearer {key}' } };
  const auth = {
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    algorithms,
    tokenTypes,
    clockToleranceSeconds,
    requiredScopes: [SCOPE],
  };
  return {
    formatVersion: 1,
    auth,
    upstreams: upstreams.map(([name, url]) => ({
      name,
      url,
      credential,
      connectTimeoutMs,
      idleTimeoutMs,
      totalTimeoutMs,
    })),
    cacheTtlMs,
    allowedOrigins: [],
  };
}
