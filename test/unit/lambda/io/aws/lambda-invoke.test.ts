import { err, ok } from '../../../../../lambda/core/result';
import { createLambdaClient } from '../../../../../lambda/io/aws/lambda-invoke';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { answer, reset, type ScriptedAws, type Step, silence, startScriptedAws } from './scripted-aws';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:fetcher';
const soon = () => Date.now() + 5_000;
const failure = (kind: string, name: string) => err({ service: 'lambda', kind, name });

describe('invoking a function of the embedded AWS', () => {
  let aws: EmbeddedAws;
  beforeAll(async () => {
    aws = await startEmbeddedAws({
      functions: (name) => {
        if (name === 'fetcher') return async (payload) => ({ fetched: payload });
        if (name === 'failing') return () => Promise.reject(new Error('quotes its input'));
        return undefined;
      },
    });
  });
  afterAll(() => aws.close());
  afterEach(() => {
    aws.faults.clear();
    aws.calls.reset();
  });
  const invoke = (name: string, env = aws.env) =>
    createLambdaClient({ env, random: () => 0 }).invokeFunction(name, { url: 'https://ü.example/' }, soon());

  test.each(['fetcher', ARN, 'fetcher:live'])('named %s gives its answer', async (name) => {
    expect(await invoke(name)).toEqual(ok({ fetched: { url: 'https://ü.example/' } }));
    expect(aws.calls.count('Invoke')).toBe(1);
  });

  test('fails once, without its words, if the function fails', async () => {
    expect(await invoke('failing')).toEqual(failure('invalid', 'Unhandled'));
    expect(aws.calls.count('Invoke')).toBe(1);
  });

  test('fails if there is no such function', async () => {
    expect(await invoke('absent')).toEqual(failure('not_found', 'ResourceNotFoundException'));
  });

  test('fails with a wrong signature', async () => {
    expect(await invoke('fetcher', { ...aws.env, AWS_SECRET_ACCESS_KEY: 'wrong' })).toEqual(
      failure('denied', 'InvalidSignatureException'),
    );
  });

  test.each([
    ['throttle', 'throttled', 'TooManyRequestsException'],
    ['error', 'unavailable', 'ServiceException'],
    ['reset', 'unavailable', 'ECONNRESET'],
  ] as const)('survives three faults of kind %s, not four', async (kind, failed, name) => {
    aws.faults.inject({ service: 'lambda', operation: 'Invoke', kind, times: 3 });
    expect(await invoke('fetcher')).toMatchObject({ ok: true });
    aws.faults.inject({ service: 'lambda', operation: 'Invoke', kind, times: 4 });
    expect(await invoke('fetcher')).toEqual(failure(failed, name));
  });
});

describe('invoking a function', () => {
  let scripted: ScriptedAws;
  beforeAll(async () => {
    scripted = await startScriptedAws();
  });
  afterAll(() => scripted.close());
  const invoke = (deadlineMs = soon(), env = scripted.env) =>
    createLambdaClient({ env, random: () => 0 }).invokeFunction(ARN, { a: 1 }, deadlineMs);

  test('is one signed POST to the path of the function', async () => {
    scripted.script(answer(200, '{"document":1}'));
    expect(await invoke()).toEqual(ok({ document: 1 }));
    expect(scripted.seen).toHaveLength(1);
    const [seen] = scripted.seen;
    expect(seen).toMatchObject({
      method: 'POST',
      path: `/2015-03-31/functions/${encodeURIComponent(ARN)}/invocations`,
      body: '{"a":1}',
    });
    expect(seen?.headers).not.toHaveProperty('x-amz-target');
    expect(seen?.headers.authorization).toContain('/lambda/aws4_request, SignedHeaders=content-type;host;x-amz-date');
  });

  test.each<[string, Step, string, string]>([
    ['an answer that is no JSON', answer(200, '<html>'), 'invalid', 'MalformedAnswer'],
    ['an answer of 2 MB', answer(200, `"${'x'.repeat(2_000_000)}"`), 'invalid', 'AnswerTooLarge'],
    [
      'a missing permission',
      answer(403, {}, { 'x-amzn-errortype': 'AccessDeniedException' }),
      'denied',
      'AccessDeniedException',
    ],
  ])('fails at once with %s', async (_, step, kind, name) => {
    scripted.script(step);
    expect(await invoke()).toEqual(failure(kind, name));
    expect(scripted.seen).toHaveLength(1);
  });

  test('goes on at once where the connection had been closed meanwhile', async () => {
    const client = createLambdaClient({ env: scripted.env, random: () => 1_000 });
    scripted.script(answer(200, '{}'));
    await client.invokeFunction(ARN, {}, soon());
    scripted.script(reset, answer(200, '{"again":true}'));
    expect(await client.invokeFunction(ARN, {}, soon())).toEqual(ok({ again: true }));
    const [first = 0, second = 0] = scripted.seen.map(({ connection }) => connection);
    expect(second).toBe(first + 1);
  });

  test('fails when its time is over', async () => {
    scripted.script(silence);
    expect(await invoke(Date.now() + 50)).toEqual(failure('unavailable', 'TimeoutError'));
    scripted.script(answer(200, '{}'));
    expect(await invoke(Date.now() - 1)).toEqual(failure('unavailable', 'DeadlineExceeded'));
    expect(scripted.seen).toHaveLength(0);
  });

  test('fails without credentials, and sends nothing', async () => {
    scripted.script(reset);
    const { AWS_ACCESS_KEY_ID: _, ...env } = scripted.env;
    expect(await invoke(soon(), env)).toEqual(failure('denied', 'CredentialsMissing'));
    expect(scripted.seen).toHaveLength(0);
  });
});
