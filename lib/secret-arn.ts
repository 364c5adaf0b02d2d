import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** A secret imported by name has no full ARN: Secrets Manager appends six characters. */
export function arnOf(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}
