import { type AwsClientOptions, createAwsClient } from '../../../../../lambda/io/aws/aws-client';
import { DYNAMODB } from '../../../../../lambda/io/aws/services';
import {
  answer,
  halfAnswer,
  refuse,
  reset,
  type ScriptedAws,
  type Step,
  silence,
  startScriptedAws,
} from './scripted-aws';

const SOON = () => Date.now() + 5_000;
const found = answer(200, { Item: {} });

let aws: ScriptedAws;
beforeAll(async () => {
  aws = await startScriptedAws();
});
afterAll(() => aws.close());

function client(options: Partial<AwsClientOptions> = {}) {
  return createAwsClient(DYNAMODB, { env: aws.env, random: () => 0, ...options });
}
function failure(kind: string, name: string) {
  return { ok: false, error: { service: 'dynamodb', kind, name } };
}

describe('an AWS call', () => {
  test('is one signed POST of the operation and answers with the parsed body', async () => {
    aws.script(answer(200, { Item: { pk: { S: 'ü' } } }));
    expect(await client().call('GetItem', { TableName: 'vault ü' }, SOON())).toEqual({
      ok: true,
      value: { Item: { pk: { S: 'ü' } } },
    });
    expect(aws.seen).toHaveLength(1);
    expect(aws.seen[0]).toMatchObject({
      method: 'POST',
      path: '/',
      body: '{"TableName":"vault ü"}',
      headers: {
        host: aws.env['AWS_ENDPOINT_URL']?.slice('http://'.length),
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
        'x-amz-security-token': 'session-token',
        'content-length': '24',
        authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/dynamodb\//),
      },
    });
  });

  test('reads the credentials anew each time, because Lambda may replace them', async () => {
    const env: Record<string, string | undefined> = { ...aws.env };
    const dynamodb = client({ env });
    aws.script(found);
    await dynamodb.call('GetItem', {}, SOON());
    env['AWS_ACCESS_KEY_ID'] = 'AKIDSECOND';
    env['AWS_SESSION_TOKEN'] = undefined;
    await dynamodb.call('GetItem', {}, SOON());
    expect(aws.seen[1]?.headers.authorization).toContain('Credential=AKIDSECOND/');
    expect(aws.seen[1]?.headers).not.toHaveProperty('x-amz-security-token');
  });

  test('fails without credentials, and sends nothing', async () => {
    aws.script(found);
    const dynamodb = client({ env: { ...aws.env, AWS_SECRET_ACCESS_KEY: '' } });
    expect(await dynamodb.call('GetItem', {}, SOON())).toEqual(failure('denied', 'CredentialsMissing'));
    expect(aws.seen).toHaveLength(0);
  });

  test('fails at construction without a region', () => {
    expect(() => client({ env: {} })).toThrow(
      new Error('AWS_REGION is not set: Lambda sets it; elsewhere set it to the region of the stack'),
    );
  });
});

describe('a refused AWS call', () => {
  test.each<[string, Step, string, string]>([
    ['throttling', refuse('ThrottlingException'), 'throttled', 'ThrottlingException'],
    [
      'spent capacity',
      refuse('ProvisionedThroughputExceededException'),
      'throttled',
      'ProvisionedThroughputExceededException',
    ],
    ['status 429 without a name', answer(429, ''), 'throttled', 'Http429'],
    ['an internal error', refuse('InternalServerError', 500), 'unavailable', 'InternalServerError'],
    ['a 503 of a load balancer', answer(503, '<html>busy</html>'), 'unavailable', 'Http503'],
    ['a connection reset', reset, 'unavailable', 'ECONNRESET'],
    ['half an answer', halfAnswer, 'unavailable', 'ECONNRESET'],
  ])('is tried four times after %s', async (_, step, kind, name) => {
    aws.script(step);
    expect(await client().call('GetItem', {}, SOON())).toEqual(failure(kind, name));
    expect(aws.seen).toHaveLength(4);
  });

  test.each<[string, Step, string, string]>([
    ['a missing permission', refuse('AccessDeniedException'), 'denied', 'AccessDeniedException'],
    ['an expired session', refuse('ExpiredTokenException'), 'denied', 'ExpiredTokenException'],
    ['a 403 without a name', answer(403, 'no'), 'denied', 'Http403'],
    ['a missing table', refuse('ResourceNotFoundException'), 'not_found', 'ResourceNotFoundException'],
    ['a malformed request', refuse('ValidationException'), 'invalid', 'ValidationException'],
    ['a redirect', answer(307, '', { location: 'http://127.0.0.1:1/' }), 'invalid', 'Http307'],
    ['an answer that is not JSON', answer(200, '<html>proxy login</html>'), 'invalid', 'MalformedAnswer'],
    ['an answer that is not an object', answer(200, '[1]'), 'invalid', 'MalformedAnswer'],
    ['an answer of 2 MB', answer(200, `{"Item":"${'x'.repeat(2_000_000)}"}`), 'invalid', 'AnswerTooLarge'],
    [
      'a name in the header',
      answer(400, '{}', { 'x-amzn-errortype': 'AccessDenied:http://internal.amazon.com/' }),
      'denied',
      'AccessDenied',
    ],
    ['a name that is no name', answer(400, { __type: 'secret=hunter2 {}' }), 'invalid', 'Http400'],
  ])('is not repeated after %s', async (_, step, kind, name) => {
    aws.script(step);
    expect(await client().call('GetItem', {}, SOON())).toEqual(failure(kind, name));
    expect(aws.seen).toHaveLength(1);
  });

  test('succeeds when a later attempt does', async () => {
    aws.script(refuse('ThrottlingException'), reset, answer(500, ''), found);
    expect(await client().call('GetItem', {}, SOON())).toEqual({ ok: true, value: { Item: {} } });
  });

  test('fails when nothing listens', async () => {
    const dynamodb = client({ env: { ...aws.env, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } });
    expect(await dynamodb.call('GetItem', {}, SOON())).toEqual(failure('unavailable', 'ECONNREFUSED'));
  });

  test('gives an attempt that hangs its time and no more', async () => {
    aws.script(silence, found);
    expect(await client({ attemptTimeoutMs: 30 }).call('GetItem', {}, SOON())).toEqual({
      ok: true,
      value: { Item: {} },
    });
    expect(aws.seen).toHaveLength(2);
  });

  test('counts a trickling answer against the time of the attempt', async () => {
    aws.script((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(timer));
    });
    const dynamodb = client({ attemptTimeoutMs: 40 });
    expect(await dynamodb.call('GetItem', {}, Date.now() + 60)).toEqual(failure('unavailable', 'TimeoutError'));
  });

  test('is not waited for beyond the deadline', async () => {
    aws.script(silence);
    expect(await client().call('GetItem', {}, Date.now() + 40)).toEqual(failure('unavailable', 'TimeoutError'));
    expect(aws.seen).toHaveLength(1);
  });

  test('is not sent when the deadline has passed', async () => {
    aws.script(found);
    expect(await client().call('GetItem', {}, Date.now() - 1)).toEqual(failure('unavailable', 'DeadlineExceeded'));
    expect(aws.seen).toHaveLength(0);
  });

  test('is not retried when the pause alone would pass the deadline', async () => {
    aws.script(refuse('ThrottlingException'));
    const now = Date.now();
    const dynamodb = client({ random: () => 1, now: () => now });
    expect(await dynamodb.call('GetItem', {}, now + 25)).toEqual(failure('throttled', 'ThrottlingException'));
    expect(aws.seen).toHaveLength(1);
  });
});

describe('a wrong clock', () => {
  const HOUR = 3_600_000;
  /** Refuses as AWS does when the signature's time is more than five minutes off. */
  const strict =
    (name: string): Step =>
    (response, request) => {
      const time = String(request.headers['x-amz-date']).replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      (Math.abs(Date.parse(time) - Date.now()) < 300_000 ? found : refuse(name))(response, request);
    };

  test.each([
    ['RequestTimeTooSkewed', HOUR],
    ['InvalidSignatureException', -HOUR],
    ['SignatureDoesNotMatch', HOUR],
  ])('is corrected by the Date header after %s, and stays corrected', async (name, skewMs) => {
    aws.script(strict(name));
    const now = () => Date.now() + skewMs;
    const dynamodb = client({ now });
    expect(await dynamodb.call('GetItem', {}, now() + 5_000)).toEqual({ ok: true, value: { Item: {} } });
    expect(aws.seen).toHaveLength(2);
    await dynamodb.call('GetItem', {}, now() + 5_000);
    expect(aws.seen).toHaveLength(3);
  });

  test('is not blamed for a signature that is refused although the clocks agree', async () => {
    aws.script(refuse('InvalidSignatureException', 400, { date: new Date().toUTCString() }));
    expect(await client().call('GetItem', {}, SOON())).toEqual(failure('denied', 'InvalidSignatureException'));
    expect(aws.seen).toHaveLength(1);
  });

  test('is not corrected by a Date header that is none', async () => {
    aws.script(refuse('RequestTimeTooSkewed', 403, { date: 'tomorrow' }));
    expect(await client().call('GetItem', {}, SOON())).toEqual(failure('denied', 'RequestTimeTooSkewed'));
    expect(aws.seen).toHaveLength(1);
  });
});

describe('connections', () => {
  test('are kept for the next call', async () => {
    aws.script(found);
    const dynamodb = client();
    await dynamodb.call('GetItem', {}, SOON());
    await dynamodb.call('GetItem', {}, SOON());
    expect(new Set(aws.seen.map((request) => request.connection)).size).toBe(1);
  });

  test('are not reused after some seconds of silence, as after a freeze of the environment', async () => {
    aws.script(found);
    let frozenMs = 0;
    const now = () => Date.now() + frozenMs;
    const dynamodb = client({ now });
    await dynamodb.call('GetItem', {}, now() + 5_000);
    frozenMs = 60_000;
    await dynamodb.call('GetItem', {}, now() + 5_000);
    expect(new Set(aws.seen.map((request) => request.connection)).size).toBe(2);
  });

  test('that turn out dead are replaced at once, without a pause', async () => {
    aws.script(found, found, reset, found);
    const dynamodb = client({
      random: () => {
        throw new Error('no pause was due');
      },
    });
    // Two connections, so that a second dead one could be picked up after the first.
    await Promise.all([dynamodb.call('GetItem', {}, SOON()), dynamodb.call('GetItem', {}, SOON())]);
    expect(await dynamodb.call('GetItem', {}, SOON())).toEqual({ ok: true, value: { Item: {} } });
    const [first, second, , retried] = aws.seen.map((request) => request.connection);
    expect([first, second]).not.toContain(retried);
  });

  test('closed by AWS meanwhile do no harm', async () => {
    aws.script(found);
    const dynamodb = client();
    await dynamodb.call('GetItem', {}, SOON());
    aws.cutConnections();
    expect(await dynamodb.call('GetItem', {}, SOON())).toEqual({ ok: true, value: { Item: {} } });
  });
});
