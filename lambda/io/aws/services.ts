import type { BackendFailure } from '../../core/ports';
import { type HttpTarget, httpTarget } from '../http-target';

export type Env = Readonly<Record<string, string | undefined>>;

/** The services this client speaks to; all of them take one POST with a JSON body. */
export interface AwsService {
  readonly id: BackendFailure['service'];
  readonly contentType: string;
  /** Where a header names the operation: what that begins with. */
  readonly targetPrefix?: string;
  /** Where the path names it. */
  readonly pathOf?: (operation: string) => string;
  /** Ends the name of `AWS_ENDPOINT_URL_<suffix>`. */
  readonly endpointSuffix: string;
}

export const DYNAMODB: AwsService = {
  id: 'dynamodb',
  targetPrefix: 'DynamoDB_20120810',
  contentType: 'application/x-amz-json-1.0',
  endpointSuffix: 'DYNAMODB',
};

export const SECRETS_MANAGER: AwsService = {
  id: 'secretsmanager',
  targetPrefix: 'secretsmanager',
  contentType: 'application/x-amz-json-1.1',
  endpointSuffix: 'SECRETS_MANAGER',
};

export const KMS: AwsService = {
  id: 'kms',
  targetPrefix: 'TrentService',
  contentType: 'application/x-amz-json-1.1',
  endpointSuffix: 'KMS',
};

/** Knows one operation, Invoke, told by the name of the function. */
export const LAMBDA: AwsService = {
  id: 'lambda',
  contentType: 'application/json',
  pathOf: (name) => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
  endpointSuffix: 'LAMBDA',
};

type NamedService = Pick<AwsService, 'id' | 'endpointSuffix'>;

export interface Endpoint extends HttpTarget {
  /** Value of the Host header: without the port where it is the scheme's own. */
  readonly host: string;
}

/** Domain of ordinary and of dual-stack endpoints by region prefix; the last row is every other region. */
const PARTITIONS = [
  ['cn-', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['eusc-', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['us-iso-', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['us-isof-', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['', 'amazonaws.com', 'api.aws'],
] as const;

/** Where a service is, as the official SDK would read it from the same environment. */
export function resolveEndpoint(service: NamedService, region: string, env: Env): Endpoint {
  const url = new URL(configuredUrl(service, env) || `https://${regionalHost(service, region, env)}`);
  return { ...httpTarget(url), host: url.host };
}

function configuredUrl(service: NamedService, env: Env): string | undefined {
  if (flag(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined;
  return env[`AWS_ENDPOINT_URL_${service.endpointSuffix}`] || env['AWS_ENDPOINT_URL'];
}

function regionalHost(service: NamedService, region: string, env: Env): string {
  const [prefix, domain, dualStackDomain] = PARTITIONS.find(([start]) => region.startsWith(start)) ?? PARTITIONS[6];
  const fips = flag(env, 'AWS_USE_FIPS_ENDPOINT');
  // Secrets Manager's ordinary names are dual-stack already in the older partitions.
  const dualStack =
    flag(env, 'AWS_USE_DUALSTACK_ENDPOINT') &&
    !(service.id === 'secretsmanager' && (prefix === '' || prefix === 'cn-'));
  // DynamoDB in GovCloud has FIPS endpoints only, under the ordinary name.
  const fipsByName = fips && !(service.id === 'dynamodb' && region.startsWith('us-gov-') && !dualStack);
  return `${service.id}${fipsByName ? '-fips' : ''}.${region}.${dualStack ? dualStackDomain : domain}`;
}

function flag(env: Env, name: string): boolean {
  const value = env[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new Error(`${name} must be "true" or "false", got ${JSON.stringify(value)}`);
}
