import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';
import { type EmbeddedAws, startEmbeddedAws } from './aws/embedded-aws';
import { provisionGateway } from './aws/provision';
import { startFrontDoor } from './front-door/front-door';
import { inProcessInvoker } from './functions/in-process-invoker';
import type { FunctionInvoker, FunctionName } from './functions/invoker';
import { type LocalConfigOptions, type LocalConnection, localConfig, resourceFacts } from './local-config';
import { inTurn, invokedFunctions, stageFunctions } from './local-functions';
import { loopbackOrigins } from './local-internet';
import { type RuntimeApiOptions, runtimeApiInvoker } from './runtime-api/runtime-api-invoker';

export type { LocalConnection, LocalSignIn } from './local-config';

export interface LocalGatewayOptions extends LocalConfigOptions {
  /** Whose tokens to accept; the gateway's own where `signIn` is given. */
  readonly issuer?: string;
  /** @default a free port */
  readonly port?: number;
  /** Where the embedded AWS keeps its state. @default in memory */
  readonly dataDir?: string;
  /** `lambda-ric`: each function in child processes under AWS's own runtime client. @default 'in-process' */
  readonly runtime?: 'in-process' | 'lambda-ric';
}

export interface LocalGateway {
  /** No trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly aws: EmbeddedAws;
  readonly config: GatewayConfig;
  /** Invokes a function as AWS would: `refresher` with `{ action: 'sweep' }`, as its schedule does. */
  invoke(name: FunctionName, event: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Opaque on purpose in a deployed gateway; here constant, so that kept state opens again after a restart. */
const GATEWAY_ID = 'local';

/** The deployed gateway on loopback: the same bundles and configuration behind the emulated API and AWS services. */
export async function startLocalGateway(options: LocalGatewayOptions): Promise<LocalGateway> {
  // What does not depend on the port is refused before anything is started.
  const draft = localConfig(options, options.issuer ?? 'http://127.0.0.1');
  const undo: (() => unknown)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    let running: FunctionInvoker | undefined;
    let ready: Promise<FunctionInvoker> | undefined;
    const aws = await startEmbeddedAws({
      ...(options.dataDir === undefined ? {} : { dataDir: join(options.dataDir, 'aws') }),
      functions: invokedFunctions(() => running, {
        documents: options.signIn?.documents ?? {},
        origins: loopbackOrigins((draft.providers ?? []).flatMap(({ resource }) => resource ?? [])),
      }),
    });
    undo.push(() => aws.close());
    const provisioned = await provisionGateway(aws, {
      gatewayId: GATEWAY_ID,
      providers: operatorKeys(draft),
      ...(options.signIn?.clientSecret === undefined ? {} : { idpClientSecret: options.signIn.clientSecret }),
      ...(options.connections === undefined ? {} : clientsAtPlatforms(options.connections)),
    });

    const configAt = (url: string) => localConfig(options, options.issuer ?? url);
    const door = await startFrontDoor({
      ...(options.port === undefined ? {} : { port: options.port }),
      facts: (url) => resourceFacts(url, configAt(url)),
      // The functions are told the gateway's URL, so they are staged and start once the port is known. The door closes them.
      invoker: async (url) => {
        const staged = stageFunctions(configAt(url));
        undo.push(() => rmSync(staged.root, { recursive: true, force: true }));
        const startFunctions = options.runtime === 'lambda-ric' ? lambdaFunctions : inProcessInvoker;
        const env = {
          ...aws.env,
          ...provisioned,
          [ENV.gatewayUrl]: url,
          [ENV.fetcherFunction]: 'fetcher',
          [ENV.refresherFunction]: 'refresher',
        };
        const first = await startFunctions({ functionDirs: staged.signIn, env });
        // Behind the open door: the authorizer asks at it for the gateway's own keys.
        const others = startFunctions({ functionDirs: staged.calls, env });
        undo.push(() => others.then((invoker) => invoker.close()).catch(() => undefined));
        const both = inTurn(Object.keys(staged.signIn), first, others);
        running = both;
        ready = others.then(() => both);
        return both;
      },
      iam: localCredentials(aws),
    });
    undo.push(() => door.close());
    const functions = await ready;
    return {
      url: door.url,
      port: door.port,
      aws,
      config: configAt(door.url),
      invoke: async (name, event) => functions?.invokeBuffered(name, event, new AbortController().signal),
      close,
    };
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

/** Names of the keys that are one for all. */
function operatorKeys({ upstreams }: GatewayConfig): readonly string[] {
  const names = upstreams.flatMap(({ credential }) =>
    credential === undefined || credential.owner === 'person' ? [] : credential.provider,
  );
  return [...new Set(names)];
}

function clientsAtPlatforms(connections: readonly LocalConnection[]) {
  return {
    connectProviders: connections.map(({ provider }) => provider.name),
    clientSecrets: Object.fromEntries(
      connections.flatMap(({ provider, clientSecret }) =>
        clientSecret === undefined ? [] : [[provider.name, clientSecret] as const],
      ),
    ),
    connectClientKey: connections.some(({ provider }) => provider.kind === 'mcp'),
  };
}
