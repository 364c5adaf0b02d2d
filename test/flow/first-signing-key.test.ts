import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { parseGatewayConfig } from '../../lambda/config/parse-gateway-config';
import { ENV } from '../../lambda/contract/env';
import { PATHS } from '../../lambda/contract/paths';
import { stageFunction } from '../../lib/stage-function';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import type { Fault } from '../../local/aws/fault-injector';
import { provisionGateway } from '../../local/aws/provision';
import { sdkConfig } from '../../local/aws/sdk-config';
import { inProcessInvoker } from '../../local/functions/in-process-invoker';

// The very first start of a gateway: nothing is written down yet, and whoever looks first writes which key signs.

const GATEWAY_URL = 'http://127.0.0.1:1';

let dir: string;
let aws: EmbeddedAws;
let env: Readonly<Record<string, string>>;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'first-key-'));
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterAll(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  aws = await startEmbeddedAws();
  const provisioned = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
  env = { ...aws.env, ...provisioned, [ENV.gatewayUrl]: GATEWAY_URL, [ENV.fetcherFunction]: 'fetcher' };
  aws.calls.reset();
});
afterEach(() => aws.close());

let instances = 0;
/** Starts an instance of the function as Lambda does; gives how it answers for its key set. */
async function start(): Promise<() => Promise<{ status: number; kids: readonly string[] }>> {
  instances += 1;
  const outDir = join(dir, String(instances));
  const parsed = parseGatewayConfig({
    formatVersion: 1,
    auth: {
      issuer: GATEWAY_URL,
      jwksUri: GATEWAY_URL + PATHS.jwks,
      algorithms: ['ES256'],
      tokenTypes: ['at+jwt'],
      requiredScopes: ['mcp:tools'],
      clockToleranceSeconds: 5,
    },
    authorizationServer: {
      identityProvider: { issuer: 'http://127.0.0.1:2', clientId: 'gw', clientAuthentication: 'none' },
    },
    upstreams: [
      { name: 'tools', url: 'http://127.0.0.1:9/', connectTimeoutMs: 1, idleTimeoutMs: 1, totalTimeoutMs: 1 },
    ],
    cacheTtlMs: 0,
    allowedOrigins: [],
  });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  stageFunction('authz', parsed.config, outDir);
  const functions = await inProcessInvoker({ functionDirs: { authz: outDir }, env });
  return async () => {
    const event = { httpMethod: 'GET', path: PATHS.jwks, headers: {}, requestContext: { requestId: 'r' }, body: null };
    const answer = await functions.invokeBuffered('authz', event, new AbortController().signal);
    const { statusCode, body } = answer as { statusCode: number; body: string };
    const { keys = [] } = JSON.parse(body) as { keys?: readonly { kid: string }[] };
    return { status: statusCode, kids: keys.map(({ kid }) => kid) };
  };
}

async function keysInKms(): Promise<number> {
  const kms = new KMSClient(sdkConfig(aws));
  const { Keys = [] } = await kms.send(new ListKeysCommand({}));
  kms.destroy();
  return Keys.length;
}

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['throttled', { kind: 'throttle' }],
  ['failed', { kind: 'error' }],
  ['done, and its answer lost', { kind: 'reset', afterEffect: true }],
];

test.each(FAULTS)(
  'however early AWS fails (calls %s from one on), all instances agree on one key afterwards',
  async (_, fault) => {
    const undisturbed = await start();
    expect(await undisturbed()).toEqual({ status: 200, kids: [expect.any(String)] });
    const calls = aws.calls.count();
    expect(calls).toBeGreaterThan(2);

    for (let before = 0; before < calls; before += 1) {
      await aws.close();
      aws = await startEmbeddedAws();
      const provisioned = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
      env = { ...env, ...aws.env, ...provisioned };
      const keys = await keysInKms();
      aws.faults.inject({ kind: 'delay', delayMs: 0, times: before });
      aws.faults.inject(fault);
      const first = await start();
      await first();
      aws.faults.clear();
      const [again, other] = [await first(), await (await start())()];
      expect(again).toEqual({ status: 200, kids: [expect.any(String)] });
      expect(other).toEqual(again);
      // Looking for the first key makes none.
      expect(await keysInKms()).toBe(keys);
    }
  },
);
