import { randomBytes } from 'node:crypto';
import type { ProviderConfig } from '../../lambda/config/gateway-config';
import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionRecord,
  type CredentialUse,
  personContext,
  type RefreshSecrets,
} from '../../lambda/contract/connection-record';
import { ENV } from '../../lambda/contract/env';
import {
  openSecrets,
  readRefreshSecrets,
  sealSecrets,
  wrappedKeyOf,
} from '../../lambda/core/connections/seal-connection';
import type { Result } from '../../lambda/core/result';
import { kmsDataKeys } from '../../lambda/io/aws/kms-data-keys';
import { dynamodbConnections } from '../../lambda/io/connections/dynamodb-connections';
import { kmsPersonKeys } from '../../lambda/io/connections/kms-person-keys';
import { type EmbeddedAws, startEmbeddedAws } from '../../local/aws/embedded-aws';
import { provisionGateway } from '../../local/aws/provision';
import { bundleProgram } from '../../scripts/run-ts.mjs';
import { type CallerPool, callerPool } from './caller-pool';
import { type Platform, type PlatformOptions, startPlatform } from './platform-server';
import { type RefresherPool, refresherPool, type Step } from './refresher-pool';

export interface WorldOptions extends PlatformOptions {
  readonly root: string;
  /** Instances of `mcp`. */
  readonly instances: number;
  readonly isToDie?: (step: Step) => boolean;
}

/** A gateway's vault with its two functions as processes, and a platform: everything over HTTP. */
export interface World {
  readonly aws: EmbeddedAws;
  readonly platform: Platform;
  readonly refreshers: RefresherPool;
  readonly callers: CallerPool;
  /** Connects a new person, whose token ends at once. */
  connect(): Promise<string>;
  read(subject: string): Promise<ConnectionRecord | undefined>;
  /** Whether the refresh token that is stored is the one the next refresh needs. */
  isAlive(subject: string): Promise<boolean>;
  close(): Promise<void>;
}

const GATEWAY = 'reliability';
const PROVIDER = 'platform';

export async function startWorld({ root, instances, isToDie = () => false, ...options }: WorldOptions): Promise<World> {
  const [refresherProgram, callerProgram] = await Promise.all(
    ['refresher', 'caller'].map((name) => bundleProgram(root, `bench/reliability/${name}-instance.ts`)),
  );
  const platform = await startPlatform(options);
  let env: Record<string, string> = {};
  const refreshers = refresherPool(refresherProgram ?? '', () => env, isToDie);
  const aws = await startEmbeddedAws({ functions: () => refreshers.invoke, seed: 7 });
  const provider = providerAt(platform.url, options.graceMs);
  env = {
    ...aws.env,
    ...(await provisionGateway(aws, { gatewayId: GATEWAY, providers: [] })),
    RELIABILITY_PROVIDER: JSON.stringify(provider),
  };
  const callers = await callerPool(callerProgram ?? '', env, instances);
  const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
  const store = dynamodbConnections(tables, { env, now: Date.now });
  const keys = kmsPersonKeys(env[ENV.vaultKeyArn] ?? '', { env });
  const dataKeys = kmsDataKeys({ env });
  const sealOf = (subject: string, salt: string, use: CredentialUse, version: number) => ({
    salt,
    context: personContext(GATEWAY, subject, PROVIDER, use),
    itemKey: CONNECTION_KEYS.connection(subject, PROVIDER),
    version,
  });
  const readState = async (subject: string) => value(await store.read(subject, PROVIDER, Date.now() + 5_000));

  return {
    aws,
    platform,
    refreshers,
    callers,
    async connect() {
      const subject = randomBytes(24).toString('base64url');
      const { accessToken, refreshToken } = platform.issue();
      const connectedAtMs = Date.now();
      const fresh = { salt: randomBytes(32).toString('base64url'), createdAtMs: connectedAtMs };
      const { salt } = value(await store.ensureSalt(subject, fresh));
      const seal = async (secrets: object, use: CredentialUse) => {
        const bound = sealOf(subject, salt, use, connectedAtMs);
        return sealSecrets(secrets, value(await keys.make(bound.context)), bound, randomBytes(12));
      };
      const parts = { access_token: accessToken };
      const stored = await store.put(subject, PROVIDER, 0, {
        status: 'active',
        facts: { kind: 'oauth', connectionId: subject, scopes: ['all'], connectedAtMs, failures: 0 },
        call: await seal({ parts, origins: provider.origins } satisfies CallSecrets, 'call'),
        refresh: await seal({ refreshToken } satisfies RefreshSecrets, 'refresh'),
        tokenExpiresAtMs: connectedAtMs,
      });
      if (value(stored) === undefined) throw new Error('the connection was not stored');
      return subject;
    },
    read: async (subject) => (await readState(subject)).connection,
    async isAlive(subject) {
      const { connection, salt } = await readState(subject);
      if (connection?.refresh === undefined || salt === undefined) return false;
      const bound = sealOf(subject, salt.salt, 'refresh', connection.version);
      const wrapped = wrappedKeyOf(connection.refresh) ?? new Uint8Array();
      const dataKey = value(await dataKeys.unwrap(wrapped, bound.context, Date.now() + 5_000));
      const secrets = readRefreshSecrets(value(openSecrets(connection.refresh, dataKey, bound)));
      return connection.status === 'active' && platform.grants.isLive(secrets?.refreshToken ?? '');
    },
    async close() {
      await callers.close();
      await refreshers.close();
      await aws.close();
      await platform.close();
    },
  };
}

function providerAt(url: string, graceMs: number): ProviderConfig {
  return {
    name: PROVIDER,
    kind: 'oauth',
    facts: {
      id: PROVIDER,
      name: 'Platform',
      oauth: {
        authorizationEndpoint: `${url}/authorize`,
        tokenEndpoint: `${url}/token`,
        pkce: 'send',
        clientAuthentication: 'none',
        tokenRequestFormat: 'form',
        scopeSeparator: ' ',
        defaultScopes: [],
        refresh: { issued: true, rotation: 'always', endsAccessToken: true, graceSeconds: graceMs / 1000 },
      },
      evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
    },
    client: { clientId: 'gateway', isPublic: true },
    scopes: ['all'],
    origins: [url],
    headers: { Authorization: 'Bearer {access_token}' },
  };
}

function value<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error));
}
