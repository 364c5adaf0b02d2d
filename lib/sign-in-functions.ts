import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { LIMITS } from '../lambda/contract/front-door';
import { acknowledge } from './acknowledge';
import type { AuthorizationServer } from './authorization-server';
import { GatewayFunction, type SharedFunctionProps } from './gateway-function';

/** A document is fetched within seconds or not at all. */
const FETCHER_TIMEOUT_MS = 10_000;
const KEYS_TIMEOUT_MS = 60_000;

export interface SignInFunctionsProps extends SharedFunctionProps {
  readonly memorySize: number;
  /** Of `authz`. */
  readonly provisionedConcurrency: number | undefined;
}

/** The functions that exist only where the gateway is its own issuer, each with what it may do and no more. */
export function signInFunctions(scope: Construct, server: AuthorizationServer, props: SignInFunctionsProps) {
  const { provisionedConcurrency, ...shared } = props;
  const authz = new GatewayFunction(scope, 'Authz', {
    ...shared,
    provisionedConcurrency,
    name: 'authz',
    description: 'MCP gateway: sign-in and tokens (lambda/authz.lambda.ts)',
    timeoutMs: LIMITS.bufferedTotalMs,
  });
  const fetcher = new GatewayFunction(scope, 'Fetcher', {
    ...shared,
    // Tracing would be a permission, and this one is to have none: the addresses it visits are chosen by strangers.
    tracing: false,
    name: 'fetcher',
    description: "MCP gateway: agents' metadata documents (lambda/fetcher.lambda.ts)",
    timeoutMs: FETCHER_TIMEOUT_MS,
  });
  const grants = new GatewayFunction(scope, 'GrantsApi', {
    ...shared,
    name: 'grants',
    description: 'MCP gateway: grants, for administrators (lambda/grants.lambda.ts)',
    timeoutMs: LIMITS.bufferedTotalMs,
  });
  const connect = new GatewayFunction(scope, 'Connect', {
    ...shared,
    name: 'connect',
    description: 'MCP gateway: the account page and linked accounts (lambda/connect.lambda.ts)',
    timeoutMs: LIMITS.bufferedTotalMs,
  });
  const keys = new GatewayFunction(scope, 'Keys', {
    ...shared,
    name: 'keys',
    description: 'MCP gateway: signing key rotation (lambda/keys.lambda.ts)',
    timeoutMs: KEYS_TIMEOUT_MS,
    isScheduled: true,
  });
  server.grantSignIn(authz, fetcher);
  server.grantPages(connect, fetcher);
  server.grantAdministration(grants);
  server.grantRotation(keys);
  // Daily, because a rotation has several steps days apart; whether one is due, the function decides.
  const daily = new Rule(scope, 'KeyRotation', {
    description: 'MCP gateway: signing key rotation',
    schedule: Schedule.rate(Duration.days(1)),
    targets: [
      new LambdaFunction(keys.alias, { event: RuleTargetInput.fromObject({ action: 'maintain' }), retryAttempts: 2 }),
    ],
  });
  acknowledge(daily, 'dailyRule');
  return { authz, grants, keys, connect };
}
