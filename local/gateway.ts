import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuthConfig,
  type AuthorizationServerConfig,
  CONFIG_DEFAULTS,
  type GatewayConfig,
  type IdentityProviderConfig,
  type UpstreamConfig,
} from '../lambda/config/gateway-config';
import { formatProblems, parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import type { AuthorizationServerFacts } from '../lambda/contract/authorization-server';
import { ENV } from '../lambda/contract/env';
import { PATHS } from '../lambda/contract/paths';
import { stageFunction } from '../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from './aws/embedded-aws';
import type { LocalFunctions } from './aws/lambda/lambda-service';
import { provisionGateway } from './aws/provision';
import { startFrontDoor } from './front-door/front-door';
import { inProcessInvoker } from './functions/in-process-invoker';
import type { FunctionInvoker, FunctionName } from './functions/invoker';
import { type RuntimeApiOptions, runtimeApiInvoker } from './runtime-api/runtime-api-invoker';

type Timeouts = 'connectTimeoutMs' | 'idleTimeoutMs' | 'totalTimeoutMs';

export interface LocalGatewayOptions {
  /** Timeouts default to those of a deployed gateway. */
  readonly upstreams: readonly (Omit<UpstreamConfig, Timeouts> & Partial<Pick<UpstreamConfig, Timeouts>>)[];
  /** Whose tokens to accept; the gateway's own where `signIn` is given. */
  readonly issuer?: string;
  /** Makes the gateway its own authorization server. */
  readonly signIn?: LocalSignIn;
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

/** Sign-in at an identity provider on loopback. What is not given is as in a deployed gateway. */
export interface LocalSignIn extends Partial<Omit<AuthorizationServerConfig, 'identityProvider'>> {
  readonly identityProvider: Partial<IdentityProviderConfig> & Pick<IdentityProviderConfig, 'issuer' | 'clientId'>;
  readonly clientSecret?: string;
  /** The rest of the internet, as far as a client id metadata document is looked for in it: address -> document. */
  readonly documents?: Readonly<Record<string, unknown>>;
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
  // What does not depend on the port is refused before anything is started.
  const draft = gatewayConfig(options, options.issuer ?? 'http://127.0.0.1');
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    let running: FunctionInvoker | undefined;
    let ready: Promise<unknown> | undefined;
    const aws = await startEmbeddedAws({
      ...(options.dataDir === undefined ? {} : { dataDir: join(options.dataDir, 'aws') }),
      functions: fetcherOf(() => running, options.signIn?.documents ?? {}),
    });
    undo.push(() => aws.close());
    const providers = [...new Set(draft.upstreams.flatMap((upstream) => upstream.credential?.provider ?? []))];
    const provisioned = await provisionGateway(aws, {
      gatewayId: GATEWAY_ID,
      providers,
      ...(options.signIn?.clientSecret === undefined ? {} : { idpClientSecret: options.signIn.clientSecret }),
    });

    const configAt = (url: string) => gatewayConfig(options, options.issuer ?? url);
    const door = await startFrontDoor({
      ...(options.port === undefined ? {} : { port: options.port }),
      facts: (url) => {
        const { auth, upstreams, allowedOrigins, authorizationServer, providers = [] } = configAt(url);
        return {
          gatewayUrl: url,
          issuer: auth.issuer,
          scopes: auth.requiredScopes,
          upstreamNames: upstreams.map((upstream) => upstream.name),
          allowedOrigin: allowedOrigins[0],
          authorizationServer: authorizationServer && authorizationServerFacts(authorizationServer),
          hasProviders: providers.length > 0,
        };
      },
      // The functions are told the gateway's URL, so they are staged and start once the port is known. The door closes them.
      invoker: async (url) => {
        const staged = stageFunctions(configAt(url));
        undo.push(() => rmSync(staged.root, { recursive: true, force: true }));
        const startFunctions = options.runtime === 'lambda-ric' ? lambdaFunctions : inProcessInvoker;
        const env = { ...aws.env, ...provisioned, [ENV.gatewayUrl]: url, [ENV.fetcherFunction]: 'fetcher' };
        const first = await startFunctions({ functionDirs: staged.signIn, env });
        // Behind the open door: the authorizer asks at it for the gateway's own keys.
        const others = startFunctions({ functionDirs: staged.calls, env });
        undo.push(() => others.then((invoker) => invoker.close()).catch(() => undefined));
        running = inTurn(Object.keys(staged.signIn), first, others);
        ready = others;
        return running;
      },
      iam: localCredentials(aws),
    });
    undo.push(() => door.close());
    await ready;
    return { url: door.url, port: door.port, aws, config: configAt(door.url), close };
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

/** The real fetcher, in a network that has a few documents more: no loopback server could serve them to it. */
function fetcherOf(
  running: () => FunctionInvoker | undefined,
  documents: Readonly<Record<string, unknown>>,
): LocalFunctions {
  return (name) => {
    if (name !== 'fetcher') return undefined;
    return async (payload) => {
      const { url } = payload as { readonly url?: unknown };
      if (typeof url === 'string' && Object.hasOwn(documents, url)) return { document: documents[url] };
      return running()?.invokeBuffered('fetcher', payload as object, new AbortController().signal);
    };
  };
}

function authorizationServerFacts(config: AuthorizationServerConfig): AuthorizationServerFacts {
  return {
    dynamicRegistration: config.dynamicRegistration.enabled,
    clientIdMetadata: config.clientIdMetadata.enabled,
    clientCredentials: config.clients.some(({ grantTypes }) => grantTypes.includes('client_credentials')),
    identityAssertions: config.assertionIssuers.length > 0,
  };
}

function gatewayConfig(options: LocalGatewayOptions, issuer: string): GatewayConfig {
  const { signIn } = options;
  const parsed = parseGatewayConfig({
    formatVersion: 1,
    auth: {
      issuer,
      ...(signIn === undefined ? {} : { jwksUri: issuer + PATHS.jwks }),
      algorithms: signIn === undefined ? CONFIG_DEFAULTS.algorithms : ['ES256'],
      tokenTypes: CONFIG_DEFAULTS.tokenTypes,
      requiredScopes: ['mcp:tools'],
      clockToleranceSeconds: CONFIG_DEFAULTS.clockToleranceSeconds,
      ...options.auth,
    },
    ...(signIn === undefined ? {} : { authorizationServer: authorizationServer(signIn) }),
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

function authorizationServer({ documents, clientSecret, ...config }: LocalSignIn): object {
  const clientAuthentication = clientSecret === undefined ? 'none' : 'client_secret_basic';
  return { ...config, identityProvider: { clientAuthentication, ...config.identityProvider } };
}

/** Functions of two groups as one; those of the second are waited for until they are there. */
function inTurn(
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

type FunctionDirs = Partial<Record<FunctionName, string>>;

function stageFunctions(config: GatewayConfig): { root: string; signIn: FunctionDirs; calls: FunctionDirs } {
  const root = mkdtempSync(join(tmpdir(), 'mcp-gateway-'));
  const stage = (...names: FunctionName[]): FunctionDirs =>
    Object.fromEntries(
      names.map((name) => {
        const directory = join(root, name);
        stageFunction(name, config, directory);
        return [name, directory];
      }),
    );
  try {
    return {
      root,
      signIn: config.authorizationServer === undefined ? {} : stage('authz', 'fetcher', 'grants', 'connect'),
      calls: stage('mcp', 'authorizer', 'vault'),
    };
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}
