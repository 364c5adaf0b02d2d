import { createHash, createHmac } from 'node:crypto';
import type { EmbeddedCredentials } from '../../../../local/aws/account';
import { AwsError } from '../../../../local/aws/aws-error';
import { type ReceivedRequest, signatureJudge } from '../../../../local/aws/sigv4-judge';

const CREDENTIALS: EmbeddedCredentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret-access-key',
  sessionToken: 'session-token',
};
const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);
const BODY = '{"SecretId":"a"}';

/** What a client chooses; each test makes one of it wrong. */
interface Signing {
  readonly credentials?: Partial<EmbeddedCredentials>;
  readonly time?: string;
  readonly scope?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly unsigned?: readonly string[];
  readonly method?: string;
  readonly target?: string;
}

/** By the text of the specification, apart from the judge's code. */
function signed(signing: Signing = {}): ReceivedRequest {
  const { accessKeyId, secretAccessKey, sessionToken } = { ...CREDENTIALS, ...signing.credentials };
  const time = signing.time ?? '20261123T120000Z';
  const scope = signing.scope ?? [time.slice(0, 8), 'us-east-1', 'secretsmanager', 'aws4_request'];
  const headers: Record<string, string> = {
    host: '127.0.0.1:4000',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-date': time,
    'x-amz-security-token': sessionToken,
    'x-amz-target': 'secretsmanager.GetSecretValue',
    ...signing.headers,
  };
  const names = Object.keys(headers)
    .filter((name) => !signing.unsigned?.includes(name))
    .sort();
  const { method = 'POST', target = '/' } = signing;
  const canonical = `${method}\n${target}\n\n${names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('')}\n${names.join(';')}\n${hash(BODY)}`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope.join('/')}\n${hash(canonical)}`;
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return {
    method,
    target,
    headers: new Map(Object.entries({ ...headers, authorization })),
    body: Buffer.from(BODY),
  };
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const judge = (request: ReceivedRequest, now = NOW) => signatureJudge(CREDENTIALS)(request, 'secretsmanager', now);
const withHeader = (request: ReceivedRequest, name: string, value: string | undefined): ReceivedRequest => {
  const headers = new Map(request.headers);
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
  return { ...request, headers };
};
const authorizationOf = (request: ReceivedRequest) => request.headers.get('authorization') ?? '';

function refusalOf(run: () => void): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof AwsError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the request was not refused');
}

const MISMATCH = {
  code: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
};
const WRONG_TOKEN = {
  code: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
};

test('a request signed as the specification says passes, again and again', () => {
  const request = signed();
  expect(judge(request)).toBeUndefined();
  expect(judge(request, NOW + 1000)).toBeUndefined();
});

test('values of signed headers are compared with their spaces folded', () => {
  const request = signed({ headers: { 'x-amz-note': 'a b' } });
  expect(judge(withHeader(request, 'x-amz-note', '  a   b '))).toBeUndefined();
});

test.each<[string, ReceivedRequest]>([
  ['another body', { ...signed(), body: Buffer.from('{"SecretId":"b"}') }],
  ['another operation', withHeader(signed(), 'x-amz-target', 'secretsmanager.DeleteSecret')],
  ['another host', withHeader(signed(), 'host', '127.0.0.1:5000')],
  ['another path', { ...signed(), target: '/other' }],
  ['a query nobody signed', { ...signed(), target: '/?x=1' }],
  ['another method', { ...signed(), method: 'PUT' }],
  ['another secret key', signed({ credentials: { secretAccessKey: 'guessed' } })],
  [
    'no hex in the signature',
    withHeader(signed(), 'authorization', authorizationOf(signed()).slice(0, -64) + 'z'.repeat(64)),
  ],
  ['a signature cut short', withHeader(signed(), 'authorization', authorizationOf(signed()).slice(0, -2))],
])('refuses %s', (_what, request) => {
  expect(refusalOf(() => judge(request))).toEqual(MISMATCH);
});

test.each<[string, ReceivedRequest]>([
  ['an access key that is not ours', signed({ credentials: { accessKeyId: 'AKIAOTHER' } })],
  ['another session token', signed({ credentials: { sessionToken: 'other' } })],
  ['no session token', withHeader(signed({ unsigned: ['x-amz-security-token'] }), 'x-amz-security-token', undefined)],
])('refuses %s', (_what, request) => {
  expect(refusalOf(() => judge(request))).toEqual(WRONG_TOKEN);
});

test.each(['host', 'x-amz-target', 'x-amz-date', 'x-amz-security-token'])(
  'refuses %s outside the signature',
  (name) => {
    expect(refusalOf(() => judge(signed({ unsigned: [name] })))).toEqual({
      code: 'InvalidSignatureException',
      message: `'${name}' must be a 'SignedHeader' in the AWS Authorization.`,
    });
  },
);

test.each<[string, readonly string[], string]>([
  [
    'another region',
    ['20261123', 'eu-west-1', 'secretsmanager', 'aws4_request'],
    "Credential should be scoped to a valid region, not 'eu-west-1'.",
  ],
  [
    'another service',
    ['20261123', 'us-east-1', 'kms', 'aws4_request'],
    "Credential should be scoped to correct service: 'secretsmanager'.",
  ],
  [
    'another terminator',
    ['20261123', 'us-east-1', 'secretsmanager', 'aws5'],
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.",
  ],
  [
    'another day',
    ['20261122', 'us-east-1', 'secretsmanager', 'aws4_request'],
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T120000Z'.",
  ],
])('refuses a scope of %s', (_what, scope, message) => {
  expect(refusalOf(() => judge(signed({ scope })))).toEqual({ code: 'InvalidSignatureException', message });
});

test('five minutes of clock difference pass, a second more is refused with both times', () => {
  const minutes5 = 5 * 60_000;
  expect(judge(signed(), NOW + minutes5)).toBeUndefined();
  expect(judge(signed(), NOW - minutes5)).toBeUndefined();
  expect(refusalOf(() => judge(signed(), NOW + minutes5 + 1000))).toEqual({
    code: 'InvalidSignatureException',
    message: 'Signature expired: 20261123T120000Z is now earlier than 20261123T120001Z (20261123T120501Z - 5 min.)',
  });
  expect(refusalOf(() => judge(signed(), NOW - minutes5 - 1000))).toEqual({
    code: 'InvalidSignatureException',
    message:
      'Signature not yet current: 20261123T120000Z is still later than 20261123T115959Z (20261123T115459Z + 5 min.)',
  });
});

test.each<[string, string | undefined, string, string]>([
  ['no signature', undefined, 'MissingAuthenticationTokenException', 'Request is missing Authentication Token'],
  ['a bearer token', 'Bearer x', 'MissingAuthenticationTokenException', 'Request is missing Authentication Token'],
  [
    'another algorithm',
    'AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0',
    'IncompleteSignatureException',
    "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
  ],
  [
    'nothing after the algorithm',
    'AWS4-HMAC-SHA256',
    'IncompleteSignatureException',
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
  ],
])('refuses %s', (_what, authorization, code, message) => {
  expect(refusalOf(() => judge(withHeader(signed(), 'authorization', authorization)))).toEqual({ code, message });
});

test('refuses a date it cannot read', () => {
  expect(refusalOf(() => judge(withHeader(signed(), 'x-amz-date', 'yesterday')))).toEqual({
    code: 'IncompleteSignatureException',
    message: "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601",
  });
});
