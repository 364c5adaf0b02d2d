import { type Acknowledgment, Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Findings of cdk-nag's AwsSolutions and Serverless packs that are meant to be, and why. */
const REASONS = {
  synchronousFunction: {
    'Serverless::Serverless-LambdaDLQ':
      'This function is invoked synchronously: there is no asynchronous event a dead letter queue could catch.',
  },
  scheduledFunction: {
    'Serverless::Serverless-LambdaDLQ':
      'Its schedule comes again and does what is due: the next run makes up for one that failed. The event says nothing worth keeping.',
  },
  dailyRule: {
    'Serverless::Serverless-EventBusDLQ':
      'An event that is lost is made up for by that of the next day; it says nothing worth keeping.',
  },
  hourlyRule: {
    'Serverless::Serverless-EventBusDLQ':
      'An event that is lost is made up for by that of the next hour; it says nothing worth keeping.',
  },
  clientSecret: {
    'AwsSolutions::AwsSolutions-SMG4':
      'Another company issues this client secret; its operator replaces it there and here: "mcp-gateway providers set-secret".',
  },
  newKeys: {
    'AwsSolutions-IAM5[Resource::*]':
      'kms:CreateKey has no resource to name; conditions bind it to this tag, key spec and usage.',
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
  tokenSecret: {
    'AwsSolutions::AwsSolutions-SMG4':
      'Replacing this key ends every grant: it authenticates refresh tokens, and opens nothing by itself.',
  },
  idpSecret: {
    'AwsSolutions::AwsSolutions-SMG4':
      'The identity provider issues this client secret; its operator replaces it there and here.',
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
  signInRoute: {
    'AwsSolutions::AwsSolutions-APIG4':
      'The function decides by itself: sign-in comes before there is a token, and the vault judges those made for it.',
  },
  publicDocument: {
    'AwsSolutions::AwsSolutions-APIG4':
      'A fixed answer that anyone may read: clients need it before they can have a token (RFC 9728).',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** The same for a wildcard in a policy that stands for the keys rotation makes. */
export function acknowledgeKeysByTag(role: IConstruct, arn: string): void {
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${shown(Stack.of(role).resolve(arn))}]`,
    reason: "Keys made by rotation have ids nobody knows at deployment; the condition names this gateway's tag.",
  });
}

/** An ARN as cdk-nag writes it: references in angle brackets. */
function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { Ref: ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  return join ? join[1].map(shown).join(join[0]) : `<${ref}>`;
}

/** States, where rule packs and reviewers read it, why a finding is accepted. */
export function acknowledge(resource: IConstruct, ...subjects: (keyof typeof REASONS)[]): void {
  const rules: Acknowledgment[] = subjects.flatMap((subject) =>
    Object.entries(REASONS[subject]).map(([id, reason]) => ({ id, reason })),
  );
  Validations.of(resource).acknowledge(...rules);
}
