import { createHmac, hash } from 'node:crypto';
import type { Endpoint } from './services';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Everything that varies between two requests: all are POST without a query. */
export interface UnsignedRequest {
  readonly endpoint: Pick<Endpoint, 'host' | 'path'>;
  readonly contentType: string;
  /** `Service.Operation`, where a header names the operation. */
  readonly target?: string | undefined;
  readonly body: string;
}

export type RequestSigner = (request: UnsignedRequest, credentials: AwsCredentials, at: Date) => Record<string, string>;

/**
 * Signature Version 4. The signer returns the complete request headers, authorization included.
 * The signing key changes once a day, so it is kept.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSigner(service: string, region: string): RequestSigner {
  let cached: { readonly secret: string; readonly day: string; readonly key: Buffer } | undefined;
  const signingKey = (secret: string, day: string): Buffer => {
    if (cached?.secret !== secret || cached.day !== day) {
      const key = [day, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
      cached = { secret, day, key };
    }
    return cached.key;
  };

  return (request, credentials, at) => {
    const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = time.slice(0, 8);
    // In the alphabetical order the canonical request wants.
    const headers: Record<string, string> = {
      'content-type': request.contentType,
      host: request.endpoint.host,
      'x-amz-date': time,
      ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : {}),
      ...(request.target ? { 'x-amz-target': request.target } : {}),
    };
    const signedHeaders = Object.keys(headers).join(';');
    const canonicalRequest = [
      'POST',
      canonicalPath(request.endpoint.path),
      '',
      ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
      '',
      signedHeaders,
      hash('sha256', request.body),
    ].join('\n');
    const scope = `${day}/${region}/${service}/aws4_request`;
    const stringToSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonicalRequest)}`;
    const signature = hmac(signingKey(credentials.secretAccessKey, day), stringToSign).toString('hex');
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
    return headers;
  };
}

/** Path segments are escaped once more than on the wire (every service but S3); empty ones are dropped. */
function canonicalPath(path: string): string {
  if (path === '/') return path;
  const escaped = path
    .replace(/\/+/g, '/')
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    );
  return escaped.join('/');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
