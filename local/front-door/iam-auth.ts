import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { DOOR, type IamCaller } from './door-identity';
import { type DoorRequest, headerValue } from './proxy-event';

export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

export type IamResult = { readonly caller: IamCaller } | { readonly response: string };

/** AWS tolerates this much between the signer's clock and its own. */
const SKEW_MS = 5 * 60_000;

/** Checks the AWS signature of a request for `execute-api`, as an AWS_IAM route does. */
export function verifySignature(request: DoorRequest, known: LocalCredentials, now: number): IamResult {
  const header = headerValue(request, 'authorization');
  if (!header?.startsWith('AWS4-HMAC-SHA256 ')) return { response: 'MISSING_AUTHENTICATION_TOKEN' };
  const invalid = { response: 'INVALID_SIGNATURE' } as const;

  const fields = Object.fromEntries(
    header
      .slice('AWS4-HMAC-SHA256 '.length)
      .split(',')
      .map((field) => field.trim().split(/=(.*)/s) as [string, string]),
  );
  const [accessKey, day, region, service, terminator] = (fields['Credential'] ?? '').split('/');
  const signedHeaders = (fields['SignedHeaders'] ?? '').split(';');
  const timestamp = headerValue(request, 'x-amz-date') ?? '';
  const signedAt = parseTimestamp(timestamp);

  if (accessKey !== known.accessKeyId || region !== known.region) return invalid;
  if (service !== 'execute-api' || terminator !== 'aws4_request') return invalid;
  if (signedAt === undefined || day !== timestamp.slice(0, 8) || Math.abs(now - signedAt) > SKEW_MS) return invalid;
  // Unsigned, either could be exchanged under the same signature.
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date')) return invalid;
  // The local key pair is a long-lived one: a session token cannot belong to it.
  if (headerValue(request, 'x-amz-security-token') !== undefined) return invalid;

  const scope = `${day}/${region}/execute-api/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonicalRequest(request, signedHeaders))].join('\n');
  const key = ['execute-api', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${known.secretAccessKey}`, day), region));
  const expected = hmac(key, toSign);
  const received = Buffer.from(fields['Signature'] ?? '', 'hex');
  if (received.length !== expected.length || !timingSafeEqual(received, expected)) return invalid;

  return { caller: { accessKey, userArn: `arn:aws:iam::${DOOR.accountId}:user/local` } };
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function canonicalRequest(request: DoorRequest, signedHeaders: readonly string[]): string {
  const headers = signedHeaders.map((name) => `${name}:${canonicalValue(request, name)}\n`).join('');
  return [
    request.method,
    // Every service but S3 encodes the path, as it stands on the wire, once more.
    request.path.split('/').map(encode).join('/'),
    canonicalQuery(request.query),
    headers,
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

function canonicalValue(request: DoorRequest, name: string): string {
  const values: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === name) values.push(request.rawHeaders[i + 1] ?? '');
  }
  return values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',');
}

function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string | undefined): Buffer {
  return createHmac('sha256', key)
    .update(data ?? '')
    .digest();
}
