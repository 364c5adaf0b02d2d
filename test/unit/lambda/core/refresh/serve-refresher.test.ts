import { parseRefresherRequest } from '../../../../../lambda/core/refresh/parse-refresher-request';
import { serveRefresher } from '../../../../../lambda/core/refresh/serve-refresher';
import { err, ok } from '../../../../../lambda/core/result';
import { BUSY, PROVIDER, refreshScene, SUBJECT } from './refresh-scene';

const NAME = { subject: SUBJECT, provider: PROVIDER };

describe('a request', () => {
  test.each([
    { action: 'refresh', ...NAME, version: 3, reason: 'expired' },
    { action: 'refresh', ...NAME, version: 3, reason: 'refused' },
    { action: 'touch', ...NAME },
    { action: 'disconnect', ...NAME, by: 'alice' },
    { action: 'revoke', ...NAME, version: 3, facts: {}, refresh: '{}' },
    { action: 'sweep' },
  ])('is understood: %j', (event) => {
    expect(parseRefresherRequest(event)).toEqual(event);
  });

  test.each([
    undefined,
    null,
    [],
    'sweep',
    {},
    { action: 'Refresh', ...NAME, version: 3, reason: 'expired' },
    { action: 'refresh', ...NAME, version: 0, reason: 'expired' },
    { action: 'refresh', ...NAME, version: '3', reason: 'expired' },
    { action: 'refresh', ...NAME, version: 3, reason: 'curiosity' },
    { action: 'refresh', ...NAME, subject: `${SUBJECT}#acme`, version: 3, reason: 'expired' },
    { action: 'refresh', ...NAME, subject: '', version: 3, reason: 'expired' },
    { action: 'refresh', ...NAME, provider: '../acme', version: 3, reason: 'expired' },
    { action: 'touch', subject: SUBJECT },
    { action: 'disconnect', ...NAME },
    { action: 'revoke', ...NAME, version: 3, facts: {} },
    { action: 'shred', ...NAME },
  ])('refuses %j', (event) => {
    expect(parseRefresherRequest(event)).toBeUndefined();
  });

  test('carries nothing further that nobody asked for', () => {
    expect(parseRefresherRequest({ action: 'touch', ...NAME, by: 'mallory' })).toEqual({ action: 'touch', ...NAME });
  });
});

test('each action is served', async () => {
  const scene = refreshScene();
  await scene.connect();
  const serve = (request: Parameters<typeof serveRefresher>[0]) =>
    scene.run(serveRefresher(request, scene.deps, scene.clock.now() + 60_000));
  expect(await serve({ action: 'refresh', ...NAME, version: 1_000, reason: 'expired' })).toEqual(
    ok({ outcome: 'ready', version: 1_001 }),
  );
  expect(await serve({ action: 'touch', ...NAME })).toEqual(ok({ outcome: 'done' }));
  expect(scene.record()?.lastUsedAtMs).toBe(scene.clock.now());
  expect(await serve({ action: 'sweep' })).toMatchObject(ok({ outcome: 'swept', looked: 1 }));
  const { facts, refresh = '' } = scene.record() ?? {};
  expect(await serve({ action: 'revoke', ...NAME, version: 1_001, facts, refresh })).toEqual(
    ok({ outcome: 'done', revokedAtProvider: false }),
  );
  expect(await serve({ action: 'disconnect', ...NAME, by: 'alice' })).toEqual(
    ok({ outcome: 'done', revokedAtProvider: true }),
  );
});

test('fails, and says so, where a touch cannot be written', async () => {
  const scene = refreshScene();
  scene.store.fail(BUSY, { operation: 'touch' });
  const touched = serveRefresher({ action: 'touch', ...NAME }, scene.deps, 0);
  expect(await scene.run(touched)).toEqual(err(BUSY));
});
