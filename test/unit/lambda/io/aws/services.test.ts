import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  type AwsService,
  DYNAMODB,
  type Env,
  KMS,
  resolveEndpoint,
  SECRETS_MANAGER,
} from '../../../../../lambda/io/aws/services';

const CLIENTS = { dynamodb: DynamoDBClient, kms: KMSClient, secretsmanager: SecretsManagerClient };

/** Where the official client would send its requests. */
function officialHost(
  service: { readonly id: keyof typeof CLIENTS },
  region: string,
  UseFIPS: boolean,
  UseDualStack: boolean,
): string {
  const client = new CLIENTS[service.id]({ region });
  return client.config.endpointProvider({ Region: region, UseFIPS, UseDualStack }).url.host;
}

describe('finding an AWS endpoint', () => {
  const regions = ['us-east-1', 'eu-west-1', 'mx-central-1', 'us-gov-west-1', 'us-gov-east-1', 'cn-north-1'];
  const sovereign = ['eusc-de-east-1', 'us-iso-east-1', 'us-isob-east-1', 'us-isof-south-1', 'eu-isoe-west-1'];
  const services = [DYNAMODB, KMS, SECRETS_MANAGER] as readonly (AwsService & { id: keyof typeof CLIENTS })[];

  test.each([...regions, ...sovereign])('names the same hosts as the official clients in %s', (region) => {
    for (const service of services) {
      for (const fips of [false, true]) {
        for (const dualStack of [false, true]) {
          // There are no FIPS endpoints in China.
          if (fips && region.startsWith('cn-')) continue;
          const env = { AWS_USE_FIPS_ENDPOINT: String(fips), AWS_USE_DUALSTACK_ENDPOINT: String(dualStack) };
          expect(resolveEndpoint(service, region, env)).toEqual({
            secure: true,
            hostname: officialHost(service, region, fips, dualStack),
            port: 443,
            host: officialHost(service, region, fips, dualStack),
            path: '/',
          });
        }
      }
    }
  });

  const general = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' };
  test.each<[string, Env, string]>([
    ['the general variable', general, 'http://127.0.0.1:4566/'],
    [
      "the service's variable before the general one",
      { ...general, AWS_ENDPOINT_URL_KMS: 'http://[::1]:1' },
      'http://[::1]:1/',
    ],
    [
      "not another service's variable",
      { ...general, AWS_ENDPOINT_URL_DYNAMODB: 'http://10.0.0.1' },
      'http://127.0.0.1:4566/',
    ],
    [
      'the general variable where the own one is empty',
      { ...general, AWS_ENDPOINT_URL_KMS: '' },
      'http://127.0.0.1:4566/',
    ],
    [
      'a VPC endpoint',
      { AWS_ENDPOINT_URL_KMS: 'https://vpce-1.kms.eu-west-1.vpce.amazonaws.com' },
      'https://vpce-1.kms.eu-west-1.vpce.amazonaws.com/',
    ],
    ['a path', { AWS_ENDPOINT_URL: 'https://proxy.example/aws/kms' }, 'https://proxy.example/aws/kms'],
    [
      'no variable when told to ignore them',
      { ...general, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      'https://kms.eu-west-1.amazonaws.com/',
    ],
  ])('reads %s', (_, env, expected) => {
    const endpoint = resolveEndpoint(KMS, 'eu-west-1', env);
    expect(`${endpoint.secure ? 'https' : 'http'}://${endpoint.host}${endpoint.path}`).toBe(expected);
  });

  test('gives an IPv6 address to the socket without brackets, and to the Host header with them', () => {
    expect(resolveEndpoint(KMS, 'eu-west-1', { AWS_ENDPOINT_URL: 'http://[::1]:8000' })).toEqual({
      secure: false,
      hostname: '::1',
      port: 8000,
      host: '[::1]:8000',
      path: '/',
    });
  });

  test('fails on a flag that is neither true nor false', () => {
    expect(() => resolveEndpoint(KMS, 'eu-west-1', { AWS_USE_FIPS_ENDPOINT: 'yes' })).toThrow(
      new Error('AWS_USE_FIPS_ENDPOINT must be "true" or "false", got "yes"'),
    );
  });
});
