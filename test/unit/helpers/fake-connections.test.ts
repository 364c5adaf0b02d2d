import type { BackendFailure } from '../../../lambda/core/ports';
import { err, ok } from '../../../lambda/core/result';
import { testClock } from '../../helpers/clock';
import { CONNECTION_FACTS, describeConnectionStore } from '../../helpers/describe-connection-store';
import { fakeConnections } from '../../helpers/fake-connections';

describeConnectionStore('fake', (clock) => fakeConnections(clock));
describeConnectionStore('fake in small pages whose callers interleave', (clock) =>
  fakeConnections(clock, { tick: () => new Promise((resolve) => setImmediate(resolve)), pageSize: 3 }),
);

describe('fake connections', () => {
  const THROTTLED: BackendFailure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' };
  const CONTENTS = { status: 'active', facts: CONNECTION_FACTS, call: 'sealed-call' } as const;
  const clock = testClock();

  it('fails one operation before its effect', async () => {
    const store = fakeConnections(clock);
    store.fail(THROTTLED);
    expect(await store.put('s', 'github', 0, CONTENTS)).toEqual(err(THROTTLED));
    expect(store.peek('s', 'github')).toBeUndefined();
    expect(await store.put('s', 'github', 0, CONTENTS)).toMatchObject({ ok: true });
  });

  it('loses the answer of a write that took effect', async () => {
    const store = fakeConnections(clock);
    store.fail('after_write');
    expect(await store.list('s', ['github'])).toMatchObject({ ok: true });
    expect(await store.put('s', 'github', 0, CONTENTS)).toEqual(
      err({ service: 'dynamodb', kind: 'unavailable', name: 'TimeoutError' }),
    );
    expect(store.peek('s', 'github')).toMatchObject({ call: 'sealed-call' });
  });

  it('fails the operation it is told to, and counts all', async () => {
    const store = fakeConnections(clock);
    store.fail(THROTTLED, { operation: 'write', skip: 1 });
    await store.read('s', 'github', clock.now() + 1);
    expect(await store.put('s', 'github', 0, CONTENTS)).toMatchObject({ ok: true });
    expect(await store.scan(undefined)).toMatchObject({ ok: true });
    expect(await store.touch('s', 'github', 1)).toEqual(err(THROTTLED));
    expect(store.calls).toEqual(['read', 'put', 'scan', 'touch']);
  });

  it('shows what is stored, and takes what somebody plants', async () => {
    const store = fakeConnections(clock);
    const planted = { ...CONTENTS, subject: 's', provider: 'github', version: 7 };
    store.plant(planted);
    expect(await store.read('s', 'github', clock.now() + 1)).toMatchObject(ok({ connection: planted }));
    expect(store.dump()).toContain('sealed-call');
  });
});
