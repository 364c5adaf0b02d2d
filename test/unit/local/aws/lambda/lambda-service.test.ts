import type { HttpAnswer } from '../../../../../local/aws/aws-service';
import { lambdaService } from '../../../../../local/aws/lambda/lambda-service';
import { refusal } from '../call-service';

const service = lambdaService((name) => {
  if (name === 'echo') return async (payload) => ({ got: payload });
  if (name === 'silent') return async () => undefined;
  if (name === 'failing') return () => Promise.reject(new TypeError('no'));
  if (name === 'timed-out') return () => Promise.reject({ errorType: 'Sandbox.Timedout', errorMessage: 'too slow' });
  return undefined;
});
const path = (name: string) => `/2015-03-31/functions/${name}/invocations`;
const invoke = (name: string, body = '{"n":1}', type?: string) => {
  const headers = new Map(type === undefined ? [] : [['x-amz-invocation-type', type]]);
  const asked = service.route?.(path(name), headers);
  return service.call('Invoke', asked?.input ?? {}, Buffer.from(body)) as Promise<HttpAnswer>;
};

test.each(['echo', 'echo%3Alive', 'arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aecho'])(
  'runs the function named %s',
  async (name) => {
    const answer = await invoke(name);
    expect(JSON.parse(answer.body)).toEqual({ got: { n: 1 } });
    expect(answer.headers).not.toHaveProperty('X-Amz-Function-Error');
  },
);

test('an event is answered before the function is, and its failure reaches nobody', async () => {
  let ended = false;
  let end = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    end = resolve;
  });
  const slow = lambdaService(() => async () => {
    await running;
    ended = true;
    throw new Error('too late');
  });
  const asked = slow.route?.(path('slow'), new Map([['x-amz-invocation-type', 'Event']]));
  const answer = (await slow.call('Invoke', asked?.input ?? {}, Buffer.from('{}'))) as HttpAnswer;
  expect([answer.status, answer.body, ended]).toEqual([202, '', false]);
  end();
  await slow.close?.();
  expect(ended).toBe(true);
});

test('refuses a kind of invocation it does not know', async () => {
  expect(await refusal(invoke('echo', '{}', 'DryRun'))).toMatchObject({ code: 'UnsupportedOperationException' });
});

test('a function without an answer answers null', async () => {
  expect((await invoke('silent')).body).toBe('null');
});

test.each([
  ['failing', { errorType: 'TypeError', errorMessage: 'no' }],
  ['timed-out', { errorType: 'Sandbox.Timedout', errorMessage: 'too slow' }],
])('says of a %s function that it failed, and how', async (name, reported) => {
  const answer = await invoke(name);
  expect(answer.headers).toMatchObject({ 'X-Amz-Function-Error': 'Unhandled' });
  expect(JSON.parse(answer.body)).toEqual(reported);
});

test.each([
  ['a function that is not there', 'absent', '{}', 'ResourceNotFoundException'],
  ['a name that is none', 'a%20b', '{}', 'ValidationException'],
  ['a payload that is no JSON', 'echo', '{', 'InvalidRequestContentException'],
])('refuses %s', async (_, name, body, code) => {
  expect(await refusal(invoke(name, body))).toMatchObject({ code });
});

test.each(['/', '/2015-03-31/functions/', path('a/b'), path('%zz'), `${path('echo')}?Qualifier=1`])(
  'has no operation at %s',
  (target) => {
    expect(service.route?.(target, new Map())).toBeUndefined();
  },
);
