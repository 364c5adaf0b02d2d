import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
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

/**
 * Refuses a request that the real service would refuse: our functions sign with code of their own,
 * so a signature that only looks right must not pass here.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function judgeSignature(
  request: ReceivedRequest,
  service: ServiceName,
  credentials: EmbeddedCredentials,
  now: number,
): void {
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
  if (accessKeyId !== credentials.accessKeyId || !sameText(request.headers.get('x-amz-security-token'), credentials)) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const expected = sign(request, signedHeaders, timestamp, scope, credentials.secretAccessKey);
  if (!/^[0-9a-f]{64}$/.test(signature) || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) {
    throw new AwsError(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
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

function sameText(token: string | undefined, credentials: EmbeddedCredentials): boolean {
  return token === credentials.sessionToken;
}

function sign(
  request: ReceivedRequest,
  signedHeaders: readonly string[],
  timestamp: string,
  scope: readonly string[],
  secretAccessKey: string,
): Buffer {
  const names = [...signedHeaders].sort();
  const canonicalRequest = [
    request.method,
    ...canonicalTarget(request.target),
    ...names.map((name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope.join('/'), sha256(canonicalRequest)].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign);
}

/** All three services are called as `POST /` without a query; anything else keeps its bytes and will not verify. */
function canonicalTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0
    ? [target, '']
    : [
        target.slice(0, at),
        target
          .slice(at + 1)
          .split('&')
          .sort()
          .join('&'),
      ];
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
