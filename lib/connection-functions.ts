import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { GatewayFunction, type SharedFunctionProps } from './gateway-function';

/** A refresh takes seconds; the hourly sweep as long as there is something to keep alive. */
const REFRESHER_TIMEOUT_MS = 300_000;

/** The function that gets new tokens, ends old ones, and keeps unused ones alive by the hour. */
export function refresherFunction(scope: Construct, props: SharedFunctionProps & { readonly memorySize: number }) {
  const refresher = new GatewayFunction(scope, 'Refresher', {
    ...props,
    name: 'refresher',
    description: "MCP gateway: people's tokens, refreshed and revoked (lambda/refresher.lambda.ts)",
    timeoutMs: REFRESHER_TIMEOUT_MS,
    isScheduled: true,
  });
  const hourly = new Rule(scope, 'ConnectionSweep', {
    description: "MCP gateway: keeps people's connections alive",
    schedule: Schedule.rate(Duration.hours(1)),
    targets: [
      new LambdaFunction(refresher.alias, { event: RuleTargetInput.fromObject({ action: 'sweep' }), retryAttempts: 1 }),
    ],
  });
  acknowledge(hourly, 'hourlyRule');
  return refresher;
}
