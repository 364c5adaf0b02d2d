import type { EmbeddedAws } from './embedded-aws';

interface SdkConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
}

/** Points an AWS SDK client at the embedded AWS without touching this process's environment. */
export function sdkConfig({ endpoint, env }: Pick<EmbeddedAws, 'endpoint' | 'env'>): SdkConfig {
  return {
    endpoint,
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
    },
  };
}
