import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type EmbeddedCredentials, REGION } from './account';
import { AwsError } from './aws-error';
import type { ServiceName } from './aws-service';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** Lower-case names; values of a repeated header joined by a comma, as SigV4 wants them. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

const MAX_SKEW_MS = 5 * 60_000;

/** Refuses a request that the real service would refuse. */
export type SignatureJudge = (request: ReceivedRequest, service: ServiceName, now: number) => void;

/**
 * Strict, because our functions sign with code of their own: a signature that only looks right must not
 * pass here.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signatureJudge(credentials: EmbeddedCredentials): SignatureJudge {
  const signingKeys = new Map<string, KeyObject>();
  /** One per day and service; only asked for scopes that passed every check. */
  const signingKey = (scope: readonly string[]) => {
    const name = scope.join('/');
    const known = signingKeys.get(name) ?? deriveKey(credentials.secretAccessKey, scope);
    signingKeys.set(name, known);
    return known;
  };

  return (request, service, now) => {
    const authorization = request.headers.get('authorization');
    if (!authorization?.startsWith('AWS4-')) {
      throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
    }
    const { credential, signedHeaders, signature } = parseAuthorization(authorization);
    const timestamp = request.headers.get('x-amz-date') ?? '';
    const signedAt = parseTimestamp(timestamp);

    refuseUnsigned(request.headers, signedHeaders);
    const [accessKeyId = '', ...scope] = credential.split('/');
    refuseScope(scope, service, timestamp);
    refuseSkew(timestamp, signedAt, now);
    const token = request.headers.get('x-amz-security-token');
    if (accessKeyId !== credentials.accessKeyId || token !== credentials.sessionToken) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    }
    const expected = createHmac('sha256', signingKey(scope))
      .update(stringToSign(request, signedHeaders, timestamp, scope))
      .digest();
    if (!/^[0-9a-f]{64}$/.test(signature) || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) {
      throw new AwsError(
        'InvalidSignatureException',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      );
    }
  };
}

function parseAuthorization(header: string): { credential: string; signedHeaders: string[]; signature: string } {
  const [algorithm = '', ...rest] = header.split(' ');
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw new AwsError('IncompleteSignatureException', `Unsupported AWS 'algorithm': '${algorithm}'.`);
  }
  const parts = new Map(
    rest
      .join(' ')
      .split(',')
      .map((part) => {
        const at = part.indexOf('=');
        return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      }),
  );
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parts.get(name));
  if (missing.length > 0) {
    const reasons = missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' ');
    // The real service repeats the header here; a signature is no secret, but nobody needs it in a log.
    throw new AwsError('IncompleteSignatureException', reasons);
  }
  return {
    credential: parts.get('Credential') ?? '',
    signedHeaders: (parts.get('SignedHeaders') ?? '').split(';'),
    signature: parts.get('Signature') ?? '',
  };
}

function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) {
    throw new AwsError(
      'IncompleteSignatureException',
      text === ''
        ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        : `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** An unsigned `X-Amz-Target` would let anyone on the path turn one operation into another. */
function refuseUnsigned(headers: ReadonlyMap<string, string>, signedHeaders: readonly string[]): void {
  const mustBeSigned = ['host', ...[...headers.keys()].filter((name) => name.startsWith('x-amz-'))];
  for (const name of mustBeSigned) {
    if (!signedHeaders.includes(name)) {
      throw new AwsError('InvalidSignatureException', `'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
}

function refuseScope(scope: readonly string[], service: ServiceName, timestamp: string): void {
  if (scope.length !== 4) {
    throw new AwsError(
      'IncompleteSignatureException',
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term',
    );
  }
  const [date, region, signedService, terminator] = scope;
  const problems: string[] = [];
  if (region !== REGION) problems.push(`Credential should be scoped to a valid region, not '${region}'.`);
  if (signedService !== service) problems.push(`Credential should be scoped to correct service: '${service}'.`);
  if (terminator !== 'aws4_request') {
    problems.push(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`);
  }
  if (date !== timestamp.slice(0, 8)) {
    problems.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
    );
  }
  if (problems.length > 0) throw new AwsError('InvalidSignatureException', problems.join(' '));
}

function refuseSkew(timestamp: string, signedAt: number, now: number): void {
  if (signedAt < now - MAX_SKEW_MS) {
    throw new AwsError(
      'InvalidSignatureException',
      `Signature expired: ${timestamp} is now earlier than ${basicFormat(now - MAX_SKEW_MS)} (${basicFormat(now)} - 5 min.)`,
    );
  }
  if (signedAt > now + MAX_SKEW_MS) {
    throw new AwsError(
      'InvalidSignatureException',
      `Signature not yet current: ${timestamp} is still later than ${basicFormat(now + MAX_SKEW_MS)} (${basicFormat(now)} + 5 min.)`,
    );
  }
}

function basicFormat(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function stringToSign(
  request: ReceivedRequest,
  signedHeaders: readonly string[],
  timestamp: string,
  scope: readonly string[],
): string {
  const names = [...signedHeaders].sort();
  const canonicalRequest = [
    request.method,
    ...canonicalTarget(request.target),
    ...names.map((name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  return ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), sha256(canonicalRequest)].join('\n');
}

/** Nothing here is called with a query. A path is escaped once more than on the wire, as by every service but S3. */
function canonicalTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0
    ? [target.split('/').map(escapeSegment).join('/'), '']
    : [
        target.slice(0, at),
        target
          .slice(at + 1)
          .split('&')
          .sort()
          .join('&'),
      ];
}

function escapeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function deriveKey(secretAccessKey: string, scope: readonly string[]): KeyObject {
  const key = scope.reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return createSecretKey(Buffer.from(key));
}
