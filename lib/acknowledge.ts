import { type Acknowledgment, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Findings of cdk-nag's AwsSolutions and Serverless packs that are meant to be, and why. */
const REASONS = {
  synchronousFunction: {
    'Serverless::Serverless-LambdaDLQ':
      'API Gateway invokes this function synchronously: there is no asynchronous event a dead letter queue could catch.',
  },
  untraced: {
    'Serverless::Serverless-LambdaTracing': 'Tracing costs per call; the prop "tracing" turns it on.',
  },
  traced: {
    // Without the pack's name in front: aws-cdk-lib before 2.266 refuses an id with two `::`.
    'AwsSolutions-IAM5[Resource::*]': 'X-Ray has no resources a policy could name.',
  },
  untracedApi: {
    'Serverless::Serverless-APIGWXrayEnabled': 'Tracing costs per call; the prop "tracing" turns it on.',
  },
  sessionKey: {
    'AwsSolutions::AwsSolutions-SMG4':
      'Rotating this key ends every open MCP session. It seals session ids only and opens no credential.',
  },
  operatorKey: {
    'AwsSolutions::AwsSolutions-SMG4':
      'The value is a key of another company, which only its operator can replace: by "mcp-gateway vault store".',
  },
  api: {
    'AwsSolutions::AwsSolutions-APIG2':
      'API Gateway would buffer and model-check the body; the function checks every message against MCP itself.',
    'AwsSolutions::AwsSolutions-APIG3':
      'A web ACL has a monthly price and belongs to the account that pays it: associate one with gateway.api.',
    'AwsSolutions::AwsSolutions-APIG6':
      'Execution logs print request headers, access tokens included. Access logs and function logs take their place.',
    'AwsSolutions::AwsSolutions-COG4':
      'Callers are authorised by the access tokens of the configured issuer or by IAM, which need not be Cognito.',
  },
  noAccessLogs: {
    'AwsSolutions::AwsSolutions-APIG1':
      'Access logs need an account-wide role; the prop "accessLogs" switches them on. Calls are in the functions\' logs.',
    'Serverless::Serverless-APIGWAccessLogging':
      'Access logs need an account-wide role; the prop "accessLogs" switches them on. Calls are in the functions\' logs.',
  },
  publicDocument: {
    'AwsSolutions::AwsSolutions-APIG4':
      'A fixed answer that anyone may read: clients need it before they can have a token (RFC 9728).',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** States, where rule packs and reviewers read it, why a finding is accepted. */
export function acknowledge(resource: IConstruct, ...subjects: (keyof typeof REASONS)[]): void {
  const rules: Acknowledgment[] = subjects.flatMap((subject) =>
    Object.entries(REASONS[subject]).map(([id, reason]) => ({ id, reason })),
  );
  Validations.of(resource).acknowledge(...rules);
}
