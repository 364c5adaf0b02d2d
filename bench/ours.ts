import { mkdtempSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIG_DEFAULTS, type GatewayConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';
import { endpointPath, PATHS } from '../lambda/contract/paths';
import { stageFunction } from '../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from '../local/aws/embedded-aws';
import { provisionGateway } from '../local/aws/provision';
import { httpCalls } from './callers';
import type { Callable } from './load';
import type { Target } from './processes';
import type { BenchContext } from './rows/context';
import { seedVault } from './seed-vault';
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
  stage(options: StageOptions, fn?: 'mcp' | 'authorizer'): Promise<Staged>;
  /** What bench/naive needs to do the same call. */
  naiveEnv(upstreamUrl: string): Readonly<Record<string, string>>;
  startHop(bench: BenchContext, options: StageOptions): Promise<OursHop>;
  close(): Promise<void>;
}

export async function startOurs(home: string): Promise<Ours> {
  const issuer = await startTokenIssuer();
  const aws = await startEmbeddedAws();
  const provisioned = await provisionGateway(aws, { gatewayId: 'bench', providers: [PROVIDER] });
  const headers = { authorization: `Bearer ${await issuer.token(GATEWAY_URL + PATHS.mcp, SCOPE)}` };
  const path = endpointPath(UPSTREAM);
  const log = openSync(join(home, 'audit.log'), 'a');
  const origins = new Set<string>();

  const stage: Ours['stage'] = async ({ upstreamUrl, cacheTtlMs = CONFIG_DEFAULTS.cacheTtlMs }, fn = 'mcp') => {
    origins.add(new URL(upstreamUrl).origin);
    await seedVault(aws, provisioned, { provider: PROVIDER, origins: [...origins], parts: { key: SECRET } });
    const directory = mkdtempSync(join(home, `${fn}-`));
    stageFunction(fn, gatewayConfig(issuer, upstreamUrl, cacheTtlMs), directory);
    return { directory, env: { ...aws.env, ...provisioned, [ENV.gatewayUrl]: GATEWAY_URL } };
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
  url: string,
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
    upstreams: [{ name: UPSTREAM, url, credential, connectTimeoutMs, idleTimeoutMs, totalTimeoutMs }],
    cacheTtlMs,
    allowedOrigins: [],
  };
}
