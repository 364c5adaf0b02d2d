import { randomBytes } from 'node:crypto';
import type { ProviderConfig } from '../lambda/config/gateway-config';
import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionRecord,
  personContext,
} from '../lambda/contract/connection-record';
import { ENV } from '../lambda/contract/env';
import { nextVersion } from '../lambda/core/connections/next-version';
import type { ConnectionContents } from '../lambda/core/connections/ports';
import { sealSecrets } from '../lambda/core/connections/seal-connection';
import type { Result } from '../lambda/core/result';
import { dynamodbConnections } from '../lambda/io/connections/dynamodb-connections';
import { kmsPersonKeys } from '../lambda/io/connections/kms-person-keys';
import type { Staged } from './staging';

/** As long as a real one, so that the redactor has the work it has with a real one. */
const ACCESS_TOKEN = 'bench_at_4eC39HqLyjWDarjtT1zdp7dc4eC39HqLyjWDarjtT1zdp7dc';

/** A platform whose account the upstream at this origin wants. */
export function benchPlatform(name: string, origin: string): ProviderConfig {
  return {
    name,
    kind: 'oauth',
    facts: {
      id: name,
      name: 'Platform',
      oauth: {
        authorizationEndpoint: 'https://platform.bench.test/authorize',
        tokenEndpoint: 'https://platform.bench.test/token',
        pkce: 'send',
        clientAuthentication: 'none',
        tokenRequestFormat: 'form',
        scopeSeparator: ' ',
        defaultScopes: [],
        refresh: { issued: true, rotation: 'always' },
      },
    },
    client: { clientId: 'bench', isPublic: true },
    scopes: [],
    origins: [origin],
    headers: { Authorization: 'Bearer {access_token}' },
  };
}

/** One person's account, written as the functions `connect` and `refresher` write it. */
export interface PersonAccount {
  /** Stored anew under a data key nobody has seen. */
  reconnect(): Promise<void>;
  /** Another token under the data key that was there. */
  refresh(): Promise<void>;
}

export async function connectAccount(
  { env }: Staged,
  subject: string,
  { name, origins }: ProviderConfig,
): Promise<PersonAccount> {
  const tables = { vault: env[ENV.vaultTable] ?? '', salts: env[ENV.saltsTable] ?? '' };
  const gatewayId = env[ENV.gatewayId] ?? '';
  const store = dynamodbConnections(tables, { env, now: Date.now });
  const keys = kmsPersonKeys(env[ENV.vaultKeyArn] ?? '', { env });
  const context = personContext(gatewayId, subject, name, 'call');
  const fresh = { salt: randomBytes(32).toString('base64url'), createdAtMs: Date.now() };
  const { salt } = value(await store.ensureSalt(subject, fresh));
  const connectedAtMs = Date.now();
  const facts = { kind: 'oauth', connectionId: 'bench', scopes: [], connectedAtMs, failures: 0 } as const;
  const itemKey = CONNECTION_KEYS.connection(subject, name);
  let stored: ConnectionRecord | undefined;
  let dataKey = value(await keys.make(context));

  const write = async (): Promise<void> => {
    const expected = stored?.version ?? 0;
    const secrets: CallSecrets = { parts: { access_token: ACCESS_TOKEN }, origins };
    const seal = { salt, context, itemKey, version: nextVersion(expected, facts) };
    const contents: ConnectionContents = {
      status: 'active',
      facts,
      call: sealSecrets(secrets, dataKey, seal, randomBytes(12)),
      tokenExpiresAtMs: connectedAtMs + 86_400_000,
    };
    stored = value(await store.put(subject, name, expected, contents));
    if (stored === undefined) throw new Error('the connection was not stored');
  };

  await write();
  // A use is noted once an hour: what is counted here is a call within that hour.
  value(await store.touch(subject, name, Date.now()));
  return {
    refresh: write,
    async reconnect() {
      dataKey = value(await keys.make(context));
      await write();
    },
  };
}

function value<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error));
}
