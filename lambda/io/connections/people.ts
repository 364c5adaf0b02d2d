import type { GatewayConfig } from '../../config/gateway-config';
import { ENV } from '../../contract/env';
import type { RefresherAnswer } from '../../contract/refresher-api';
import { type PersonCallOptions, PersonCalls } from '../../core/connections/person-calls';
import type { RefresherPort } from '../../core/connections/renewals';
import { isText } from '../../core/json';
import { err, ok } from '../../core/result';
import type { AwsClient, createAwsClient } from '../aws/aws-client';
import { malformed } from '../aws/aws-failure';
import { DYNAMODB, type Env, LAMBDA } from '../aws/services';
import { requireValue } from '../load-config';
import { dynamodbConnectionStates } from './dynamodb-connection-states';

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
  return new PersonCalls({
    ...options,
    cacheTtlMs: config.cacheTtlMs,
    providers: config.providers ?? [],
    states: dynamodbConnectionStates(tables, create(DYNAMODB, { env })),
    // A function takes as long as it takes.
    refresher: lambdaRefresher(
      requireValue(env, ENV.refresherFunction),
      create(LAMBDA, { env, attemptTimeoutMs: Infinity }),
    ),
    random: Math.random,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}

function lambdaRefresher(functionName: string, client: AwsClient): RefresherPort {
  return {
    async ask(request, deadlineMs) {
      const answer = await client.call(functionName, request, deadlineMs);
      if (!answer.ok) return answer;
      return isText(answer.value['outcome'])
        ? ok(answer.value as unknown as RefresherAnswer)
        : err(malformed('lambda', 'RefresherAnswer'));
    },
  };
}
