import type { GatewayConfig } from '../../config/gateway-config';
import { ENV } from '../../contract/env';
import { type PersonCallOptions, PersonCalls } from '../../core/connections/person-calls';
import type { createAwsClient } from '../aws/aws-client';
import { DYNAMODB, type Env, LAMBDA } from '../aws/services';
import { requireValue } from '../load-config';
import { dynamodbConnectionStates } from './dynamodb-connection-states';
import { remoteRefresher } from './remote-refresher';

type Own = 'states' | 'refresher' | 'sleep' | 'random' | 'providers' | 'cacheTtlMs';

/**
 * Calls on people's own accounts, for the `mcp` function: a chunk of its own, loaded where an upstream is called so.
 * What the function has at hand already comes as an argument, that it need not be in both.
 */
export function people(
  config: GatewayConfig,
  env: Env,
  {
    createAwsClient: create,
    ...options
  }: Omit<PersonCallOptions, Own> & { readonly createAwsClient: typeof createAwsClient },
): PersonCalls {
  const tables = { vault: requireValue(env, ENV.vaultTable), salts: requireValue(env, ENV.saltsTable) };
  // A function takes as long as it takes.
  const lambda = create(LAMBDA, { env, attemptTimeoutMs: Infinity });
  return new PersonCalls({
    ...options,
    cacheTtlMs: config.cacheTtlMs,
    providers: config.providers ?? [],
    states: dynamodbConnectionStates(tables, create(DYNAMODB, { env })),
    refresher: remoteRefresher({ invokeFunction: lambda.call }, requireValue(env, ENV.refresherFunction)),
    random: Math.random,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}
