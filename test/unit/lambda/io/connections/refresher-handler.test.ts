import { err, ok } from '../../../../../lambda/core/result';
import { refresherHandler } from '../../../../../lambda/io/connections/refresher-handler';
import { remoteRefresher } from '../../../../../lambda/io/connections/remote-refresher';
import { BUSY, PROVIDER, refreshScene, SUBJECT } from '../../core/refresh/refresh-scene';

const CONTEXT = { getRemainingTimeInMillis: () => 300_000 };
const NAME = { subject: SUBJECT, provider: PROVIDER };

describe('the refresher function', () => {
  test('answers what it was asked', async () => {
    const scene = refreshScene();
    await scene.connect();
    const handler = refresherHandler(scene.deps);
    const request = { action: 'refresh', ...NAME, version: 1_000, reason: 'expired' };
    expect(await scene.run(handler(request, CONTEXT))).toEqual({ outcome: 'ready', version: 1_001 });
  });

  test('begins nothing in a sweep that it may not have the time to end', async () => {
    const scene = refreshScene();
    await scene.connect({ facts: { failures: 1 } });
    const handler = refresherHandler(scene.deps);
    const swept = await scene.run(handler({ action: 'sweep' }, { getRemainingTimeInMillis: () => 100_000 }));
    expect(swept).toEqual({ outcome: 'swept', looked: 0, refreshed: 0, failed: 0 });
    expect(scene.asked).toEqual([]);
  });

  test('refuses what is no request, without repeating it', async () => {
    const handler = refresherHandler(refreshScene().deps);
    await expect(handler({ action: 'refresh', token: 'secret' }, CONTEXT)).rejects.toThrow(
      /^not a request of lambda\/contract\/refresher-api\.ts$/,
    );
  });

  test('fails where it could not do what it was asked', async () => {
    const scene = refreshScene();
    scene.store.fail(BUSY, { operation: 'touch' });
    await expect(refresherHandler(scene.deps)({ action: 'touch', ...NAME }, CONTEXT)).rejects.toThrow(
      /^touch was not done: dynamodb answered ThrottlingException; ask again$/,
    );
  });
});

describe('the refresher, from another function', () => {
  const asked: unknown[] = [];
  const answering = (answer: Awaited<ReturnType<Parameters<typeof remoteRefresher>[0]['invokeFunction']>>) =>
    remoteRefresher(
      {
        invokeFunction: async (...request) => {
          asked.push(request);
          return answer;
        },
      },
      'gw-refresher',
    );

  test('is invoked by name, with a deadline', async () => {
    const answer = { outcome: 'done' };
    expect(await answering(ok(answer)).ask({ action: 'touch', ...NAME }, 99)).toEqual(ok(answer));
    expect(asked).toEqual([['gw-refresher', { action: 'touch', ...NAME }, 99]]);
  });

  test('that does not answer is a failure', async () => {
    const failure = { service: 'lambda', kind: 'unavailable', name: 'DeadlineExceeded' } as const;
    expect(await answering(err(failure)).ask({ action: 'sweep' }, 99)).toEqual(err(failure));
  });

  test('refuses an answer that is none', async () => {
    const failure = { service: 'lambda', kind: 'invalid', name: 'MalformedAnswer' };
    expect(await answering(ok({ outcome: 7 })).ask({ action: 'sweep' }, 99)).toEqual(err(failure));
  });
});
