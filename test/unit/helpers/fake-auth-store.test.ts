import type { BackendFailure } from '../../../lambda/core/ports';
import { err, ok } from '../../../lambda/core/result';
import { testClock } from '../../helpers/clock';
import { describeAuthStore } from '../../helpers/describe-auth-store';
import { fakeAuthStore } from '../../helpers/fake-auth-store';

describeAuthStore('fake', ({ now }) => fakeAuthStore({ now }));
describeAuthStore('fake whose callers interleave', ({ now }) =>
  fakeAuthStore({ now, tick: () => new Promise((resolve) => setImmediate(resolve)) }),
);

describe('fake auth store', () => {
  const KEY = { pk: 'txn#1', sk: 'txn' };
  const THROTTLED: BackendFailure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' };
  const clock = testClock();
  const lifetime = { validUntilMs: clock.now() + 1_000 };

  it('fails one operation before its effect', async () => {
    const store = fakeAuthStore(clock);
    store.fail(THROTTLED);
    expect(await store.create(KEY, { n: 1 }, lifetime)).toEqual(err(THROTTLED));
    expect(store.peek(KEY)).toBeUndefined();
    expect(await store.create(KEY, { n: 1 }, lifetime)).toMatchObject(ok({ won: true }));
  });

  it('loses the answer of a write that took effect', async () => {
    const store = fakeAuthStore(clock);
    store.fail('after_write');
    expect(await store.read([KEY])).toEqual(ok([undefined]));
    expect(await store.create(KEY, { n: 1 }, lifetime)).toEqual(
      err({ service: 'dynamodb', kind: 'unavailable', name: 'TimeoutError' }),
    );
    expect(store.peek(KEY)).toEqual({ n: 1 });
  });

  it('fails the operation it is told to, and counts all', async () => {
    const store = fakeAuthStore(clock);
    store.fail(THROTTLED, { operation: 'write', skip: 1 });
    await store.read([KEY]);
    expect(await store.create(KEY, { n: 1 }, lifetime)).toMatchObject({ ok: true });
    expect(await store.list(KEY.pk, '')).toMatchObject({ ok: true });
    expect(await store.replace(KEY, 1, { n: 2 }, lifetime)).toEqual(err(THROTTLED));
    expect(store.calls).toEqual(['read', 'create', 'list', 'replace']);
  });

  it('shows what is stored', async () => {
    const store = fakeAuthStore(clock);
    await store.create(KEY, { secret: 'plain' }, lifetime);
    expect(store.dump()).toContain('plain');
  });
});
