import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthConfig,
  CONFIG_DEFAULTS,
  type GatewayConfig,
  type UpstreamConfig,
} from '../lambda/config/gateway-config';
import { formatProblems, parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import { ENV } from '../lambda/contract/env';
import { stageFunction } from '../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from './aws/embedded-aws';
import { provisionGateway } from './aws/provision';
import { startFrontDoor } from './front-door/front-door';
import { inProcessInvoker } from './functions/in-process-invoker';
import { type RuntimeApiOptions, runtimeApiInvoker } from './runtime-api/runtime-api-invoker';

type Timeouts = 'connectTimeoutMs' | 'idleTimeoutMs' | 'totalTimeoutMs';

export interface LocalGatewayOptions {
  /** Timeouts default to those of a deployed gateway. */
  readonly upstreams: readonly (Omit<UpstreamConfig, Timeouts> & Partial<Pick<UpstreamConfig, Timeouts>>)[];
  readonly issuer: string;
  /** @default a free port */
  readonly port?: number;
  /** Where the embedded AWS keeps its state. @default in memory */
  readonly dataDir?: string;
  /** @default 1000 */
  readonly cacheTtlMs?: number;
  /** `lambda-ric`: each function in child processes under AWS's own runtime client. @default 'in-process' */
  readonly runtime?: 'in-process' | 'lambda-ric';
  readonly auth?: Partial<AuthConfig>;
  readonly allowedOrigins?: readonly string[];
}

export interface LocalGateway {
  /** No trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly aws: EmbeddedAws;
  readonly config: GatewayConfig;
  close(): Promise<void>;
}

/** Opaque on purpose in a deployed gateway; here constant, so that kept state opens again after a restart. */
const GATEWAY_ID = 'local';

/** The deployed gateway on loopback: the same bundles and configuration behind the emulated API and AWS services. */
export async function startLocalGateway(options: LocalGatewayOptions): Promise<LocalGateway> {
  const config = gatewayConfig(options);
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const functionDirs = stageFunctions(config);
    undo.push(() => rmSync(functionDirs.root, { recursive: true, force: true }));

    const aws = await startEmbeddedAws(options.dataDir === undefined ? {} : { dataDir: join(options.dataDir, 'aws') });
    undo.push(() => aws.close());
    const providers = [...new Set(config.upstreams.flatMap((upstream) => upstream.credential?.provider ?? []))];
    const provisioned = await provisionGateway(aws, { gatewayId: GATEWAY_ID, providers });

    const startFunctions = options.runtime === 'lambda-ric' ? lambdaFunctions : inProcessInvoker;
    const door = await startFrontDoor({
      ...(options.port === undefined ? {} : { port: options.port }),
      facts: (url) => ({
        gatewayUrl: url,
        issuer: config.auth.issuer,
        scopes: config.auth.requiredScopes,
        upstreamNames: config.upstreams.map((upstream) => upstream.name),
        allowedOrigin: config.allowedOrigins[0],
      }),
      // The functions are told the gateway's URL, so they start once the port is known. The door closes them.
      invoker: (url) =>
        startFunctions({
          functionDirs: functionDirs.byName,
          env: { ...aws.env, ...provisioned, [ENV.gatewayUrl]: url },
        }),
      iam: localCredentials(aws),
    });
    undo.push(() => door.close());
    return { url: door.url, port: door.port, aws, config, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The IAM identity the emulated API accepts signatures of. */
export function localCredentials(aws: EmbeddedAws): { accessKeyId: string; secretAccessKey: string; region: string } {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region } = aws.env;
  if (!accessKeyId || !secretAccessKey || !region) throw new Error('the embedded AWS names no credentials or region');
  return { accessKeyId, secretAccessKey, region };
}

/** What the functions print is the gateway's log, as it is when they run in this process. */
const lambdaFunctions = (functions: Pick<RuntimeApiOptions, 'functionDirs' | 'env'>) =>
  runtimeApiInvoker({ ...functions, onLog: (_, line) => process.stdout.write(`${line}\n`) });

function gatewayConfig(options: LocalGatewayOptions): GatewayConfig {
  const parsed = parseGatewayConfig({
    formatVersion: 1,
    auth: {
      issuer: options.issuer,
      algorithms: CONFIG_DEFAULTS.algorithms,
      tokenTypes: CONFIG_DEFAULTS.tokenTypes,
      requiredScopes: ['mcp:tools'],
      clockToleranceSeconds: CONFIG_DEFAULTS.clockToleranceSeconds,
      ...options.auth,
    },
    upstreams: options.upstreams.map((upstream) => ({
      connectTimeoutMs: CONFIG_DEFAULTS.connectTimeoutMs,
      idleTimeoutMs: CONFIG_DEFAULTS.idleTimeoutMs,
      totalTimeoutMs: CONFIG_DEFAULTS.totalTimeoutMs,
      ...upstream,
    })),
    cacheTtlMs: options.cacheTtlMs ?? CONFIG_DEFAULTS.cacheTtlMs,
    allowedOrigins: options.allowedOrigins ?? [],
  });
  if ('problems' in parsed) throw new Error(formatProblems(parsed.problems));
  return parsed.config;
}

function stageFunctions(config: GatewayConfig): {
  root: string;
  byName: Record<'mcp' | 'authorizer' | 'vault', string>;
} {
  const root = mkdtempSync(join(tmpdir(), 'mcp-gateway-'));
  const byName = { mcp: join(root, 'mcp'), authorizer: join(root, 'authorizer'), vault: join(root, 'vault') };
  try {
    for (const name of ['mcp', 'authorizer', 'vault'] as const) stageFunction(name, config, byName[name]);
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
  return { root, byName };
}
