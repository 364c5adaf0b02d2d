import { type Duration, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { CredentialVault } from './credential-vault';
import { GatewayFunction, type SharedFunctionProps } from './gateway-function';

export interface KeyRotationProps extends SharedFunctionProps {
  readonly vault: CredentialVault;
  readonly memorySize: number;
  /** Vault key -> how often. */
  readonly schedules: ReadonlyMap<string, Duration>;
}

/** Its last step waits until no call can carry the old key: cacheTtl, of five minutes at most, and a connection's minute. */
const TIMEOUT_MS = 900_000;

/** Replaces keys by their platforms' APIs: Secrets Manager's schedules, and the function it invokes by them. */
export class KeyRotation extends Construct {
  constructor(scope: Construct, id: string, props: KeyRotationProps) {
    super(scope, id);
    const { vault, schedules, ...shared } = props;
    const rotation = new GatewayFunction(this, 'Rotation', {
      ...shared,
      name: 'rotation',
      description: "MCP gateway: operator keys, replaced by their platforms' APIs (lambda/rotation.lambda.ts)",
      timeoutMs: TIMEOUT_MS,
      isScheduled: true,
    });
    // Without a source ARN, which Secrets Manager does not send: the function knows its secrets itself.
    rotation.fn.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
    const secrets = vault.grantRotate(rotation, [...schedules.keys()]);
    for (const [provider, every] of schedules) {
      const schedule = new CfnRotationSchedule(this, `Schedule-${provider}`, {
        secretId: secrets.get(provider)?.secretArn ?? '',
        rotationLambdaArn: rotation.fn.functionArn,
        rotationRules: { automaticallyAfterDays: every.toDays() },
        // There is nothing to replace yet, and nobody expects a deployment to end a key.
        rotateImmediatelyOnUpdate: false,
      });
      // It is tested while it is made, so the permissions are there before.
      schedule.node.addDependency(rotation);
    }
  }
}
