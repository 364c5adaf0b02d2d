import type { CallerIdentity } from './call-api';
import { McpGatewayError } from './gateway-error';
import type { GatewayLocation } from './gateway-url';
import type { AuthMode, McpGatewayOptions } from './options';
import { requestSigner } from './sign-request';

/** Problems with the identity are told when it is used: a client that only connects needs none. */
export function awsIdentity(
  options: Pick<McpGatewayOptions, 'region' | 'credentials'>,
  location: GatewayLocation,
): CallerIdentity {
  const region =
    options.region ??
    /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(new URL(location.url).hostname)?.[1] ??
    location.outputs?.region ??
    process.env['AWS_REGION'] ??
    process.env['AWS_DEFAULT_REGION'];
  if (region) return { kind: 'aws', sign: requestSigner(options.credentials, region) };
  return failing(
    'aws_region_missing',
    'The AWS region of the gateway is not known',
    "Pass region: 'eu-west-1' or set AWS_REGION.",
  );
}

/** The identity of a mode that has none for these calls. */
export function noIdentity(authMode: AuthMode, what: string, instead: string): CallerIdentity {
  return failing('auth_mode_unavailable', `${what} calls do not work with authMode '${authMode}'`, instead);
}

function failing(...reason: ConstructorParameters<typeof McpGatewayError>): CallerIdentity {
  return {
    kind: 'aws',
    sign: async () => {
      throw new McpGatewayError(...reason);
    },
  };
}
