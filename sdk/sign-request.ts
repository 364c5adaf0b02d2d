import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { McpGatewayError } from './gateway-error';
import { optionalPackage } from './optional-package';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Gives the headers of a request, AWS Signature Version 4 for API Gateway included. */
export type RequestSigner = (request: SignableRequest) => Promise<Record<string, string>>;

export function requestSigner(
  credentials: AwsCredentials | (() => Promise<AwsCredentials>) | undefined,
  region: string,
): RequestSigner {
  // Made once: the default chain remembers the credentials it found until they expire.
  let provider: (() => Promise<AwsCredentials>) | undefined;
  return async (request) => {
    provider ??= typeof credentials === 'object' ? async () => credentials : (credentials ?? (await defaultChain()));
    const { SignatureV4 } = await optionalPackage(
      '@smithy/signature-v4',
      () => import('@smithy/signature-v4'),
      "authMode 'iam'",
    );
    const signer = new SignatureV4({
      service: 'execute-api',
      region,
      credentials: await resolve(provider),
      sha256: NodeSha256,
    });
    const signed = await signer.sign({
      method: request.method,
      protocol: request.url.protocol,
      hostname: request.url.hostname,
      path: request.url.pathname,
      query: Object.fromEntries(request.url.searchParams),
      headers: { ...request.headers, host: request.url.host },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return signed.headers;
  };
}

/** Where credentials come from on AWS, in CI and on a developer's machine. */
async function defaultChain(): Promise<() => Promise<AwsCredentials>> {
  const { defaultProvider } = await optionalPackage(
    '@aws-sdk/credential-provider-node',
    () => import('@aws-sdk/credential-provider-node'),
    "authMode 'iam'",
  );
  return defaultProvider();
}

async function resolve(provider: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await provider();
  } catch (cause) {
    throw new McpGatewayError(
      'aws_credentials_missing',
      'No AWS credentials were found',
      'Sign in ("aws sso login"), set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass credentials.',
      { cause },
    );
  }
}

/** The hash interface of `@smithy/signature-v4`, on `node:crypto`. */
class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('signature-v4 makes a new hash for each use');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
