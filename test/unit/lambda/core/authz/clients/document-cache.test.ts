import { AUTH_KEYS, type DocumentRecord } from '../../../../../../lambda/contract/auth-record';
import { documentCache } from '../../../../../../lambda/core/authz/clients/document-cache';
import { hashOf } from '../../../../../../lambda/core/authz/handle';
import type { DocumentFetcher } from '../../../../../../lambda/core/authz/ports';
import { err, ok } from '../../../../../../lambda/core/result';
import { testClock } from '../../../../../helpers/clock';
import { fakeAuthStore } from '../../../../../helpers/fake-auth-store';

const URL = 'https://client.example/c';
const THROTTLED = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;
type Fetched = Awaited<ReturnType<DocumentFetcher['fetch']>>;

function fixture() {
  const clock = testClock();
  const store = fakeAuthStore({ now: clock.now });
  const fetched: string[] = [];
  const known: boolean[] = [];
  const host = { answer: (): Fetched => ok({ document: { n: fetched.length } }) };
  const fetcher: DocumentFetcher = {
    fetch: async (url, wasGood = false) => {
      fetched.push(url);
      known.push(wasGood);
      await new Promise((resolve) => setImmediate(resolve));
      return host.answer();
    },
  };
  /** An instance of the function: its own memory, the same table. */
  const instance = () => documentCache({ store, now: clock.now, fetcher });
  const stored = () => store.peek<DocumentRecord>(AUTH_KEYS.document(hashOf(URL)));
  return { clock, store, fetched, known, host, instance, stored };
}

const MINUTE = 60_000;
const WEEK = 7 * 86_400_000;

test('a thousand requests at once are one fetch and one read', async () => {
  const { instance, fetched, store } = fixture();
  const cache = instance();
  await Promise.all(Array.from({ length: 1000 }, () => cache.get(URL)));
  expect(fetched).toEqual([URL]);
  expect(store.calls).toEqual(['read', 'create']);
});

test('an instance remembers, and another finds it in the table', async () => {
  const { instance, fetched, store } = fixture();
  const cache = instance();
  const first = await cache.get(URL);
  expect(await cache.get(URL)).toEqual(first);
  expect(await instance().get(URL)).toEqual(first);
  expect(fetched).toHaveLength(1);
  expect(store.calls).toEqual(['read', 'create', 'read']);
});

test.each([
  ['nothing', undefined, MINUTE],
  ['a second', 1000, MINUTE],
  ['a moment long past', -1e12, MINUTE],
  ['an hour', 3_600_000, 3_600_000],
  ['a year', 365 * 86_400_000, 86_400_000],
])(
  'a host that allows %s is asked again after a minute at the soonest and a day at the latest',
  async (_, aheadMs, keptMs) => {
    const { instance, fetched, clock, host } = fixture();
    host.answer = () => ok({ document: {}, ...(aheadMs === undefined ? {} : { freshUntilMs: clock.now() + aheadMs }) });
    const cache = instance();
    await cache.get(URL);
    clock.advance(keptMs - 1);
    await cache.get(URL);
    expect(fetched).toHaveLength(1);
    clock.advance(1);
    await cache.get(URL);
    await instance().get(URL);
    expect(fetched).toHaveLength(2);
  },
);

test('a failure is kept for a minute, so that a slow host is not asked for every visitor', async () => {
  const { instance, fetched, clock, host } = fixture();
  host.answer = () => ok({ refused: 'timeout' });
  const cache = instance();
  expect(await cache.get(URL)).toMatchObject({ ok: true, value: { problem: 'timeout' } });
  clock.advance(MINUTE - 1);
  await cache.get(URL);
  await instance().get(URL);
  expect(fetched).toHaveLength(1);
  clock.advance(1);
  host.answer = () => ok({ document: {} });
  expect(await cache.get(URL)).toMatchObject({ ok: true, value: { document: {} } });
});

test('what failed because others asked too much, or for us, is not kept', async () => {
  const { instance, fetched, host, stored } = fixture();
  const cache = instance();
  host.answer = () => ok({ refused: 'rate_limited' });
  expect(await cache.get(URL)).toMatchObject({ ok: true, value: { problem: 'rate_limited' } });
  host.answer = () => err(THROTTLED);
  expect(await cache.get(URL)).toEqual({ ok: false, error: THROTTLED });
  expect(stored()).toBeUndefined();
  host.answer = () => ok({ document: {} });
  expect(await cache.get(URL)).toMatchObject({ ok: true, value: { document: {} } });
  expect(fetched).toHaveLength(3);
});

describe('an answer that is too old', () => {
  test('is asked for again, and replaced for everybody', async () => {
    const { instance, fetched, clock } = fixture();
    const cache = instance();
    await cache.get(URL);
    clock.advance(30_001);
    await cache.get(URL, clock.now() - 30_000);
    await cache.get(URL, clock.now() - 30_000);
    expect(fetched).toHaveLength(2);
    expect(await instance().get(URL)).toMatchObject({ value: { document: { n: 2 } } });
    expect(fetched).toHaveLength(2);
  });

  test('is used all the same where the host gives no better one', async () => {
    const { instance, clock, host, stored } = fixture();
    const cache = instance();
    await cache.get(URL);
    clock.advance(30_001);
    host.answer = () => ok({ refused: 'bad_status' });
    expect(await cache.get(URL, clock.now())).toMatchObject({ value: { document: { n: 1 } } });
    expect(stored()).toMatchObject({ document: { n: 1 } });
  });
});

describe('a good document that cannot be fetched anew', () => {
  test.each<[string, Fetched]>([
    ['the fetcher has enough', ok({ refused: 'rate_limited' })],
    ['its host is gone', ok({ refused: 'unreachable' })],
    ['its host is slow', ok({ refused: 'timeout' })],
    ['its host answers an error', ok({ refused: 'bad_status' })],
    ['the fetcher does not answer', err(THROTTLED)],
  ])('serves where %s, here and on another instance, for a week', async (_, answer) => {
    const { instance, clock, host, known } = fixture();
    const cache = instance();
    await cache.get(URL);
    host.answer = () => answer;
    clock.advance(MINUTE + WEEK - 1);
    expect(await cache.get(URL)).toMatchObject({ value: { document: { n: 1 } } });
    expect(await instance().get(URL)).toMatchObject({ value: { document: { n: 1 } } });
    // Said to the fetcher, which has a share for such.
    expect(known).toEqual([false, true, true]);
  });

  test('serves no longer than that, not from memory either', async () => {
    const { instance, clock, host, known } = fixture();
    const cache = instance();
    await cache.get(URL);
    host.answer = () => ok({ refused: 'unreachable' });
    clock.advance(WEEK);
    await cache.get(URL);
    clock.advance(MINUTE);
    expect(await cache.get(URL)).toMatchObject({ value: { problem: 'unreachable' } });
    expect(await instance().get(URL)).toMatchObject({ value: { problem: 'unreachable' } });
    expect(known).toEqual([false, true, false]);
  });

  test('is asked for again after a minute, and not by every visitor', async () => {
    const { instance, clock, host, fetched } = fixture();
    const cache = instance();
    await cache.get(URL);
    clock.advance(MINUTE);
    host.answer = () => ok({ refused: 'timeout' });
    await cache.get(URL);
    clock.advance(MINUTE - 1);
    await cache.get(URL);
    expect(fetched).toHaveLength(2);
    clock.advance(1);
    host.answer = () => ok({ document: { n: 'new' } });
    expect(await cache.get(URL)).toMatchObject({ value: { document: { n: 'new' } } });
  });

  test('serves from memory where the table does not answer', async () => {
    const { instance, clock, store } = fixture();
    const cache = instance();
    await cache.get(URL);
    clock.advance(MINUTE);
    store.fail(THROTTLED, { operation: 'read' });
    expect(await cache.get(URL)).toMatchObject({ value: { document: { n: 1 } } });
  });

  test.each([['not_json'], ['too_large'], ['gone']] as const)(
    'does not serve where its host answers something else: %s',
    async (refused) => {
      const { instance, clock, host } = fixture();
      const cache = instance();
      await cache.get(URL);
      clock.advance(MINUTE);
      host.answer = () => ok({ refused });
      expect(await cache.get(URL)).toMatchObject({ value: { problem: refused } });
      expect(await instance().get(URL)).toMatchObject({ value: { problem: refused } });
      clock.advance(MINUTE);
      expect(await instance().get(URL)).toMatchObject({ value: { problem: refused } });
    },
  );

  test('does not outlast another document, whether that one will do or not', async () => {
    const { instance, clock, host } = fixture();
    const cache = instance();
    await cache.get(URL);
    clock.advance(MINUTE);
    host.answer = () => ok({ document: 'of no client' });
    await cache.get(URL);
    host.answer = () => ok({ refused: 'unreachable' });
    clock.advance(MINUTE);
    expect(await instance().get(URL)).toMatchObject({ value: { document: 'of no client' } });
  });
});

test('whoever asks for addresses that lead nowhere makes no instance forget a good one', async () => {
  const { instance, store, host } = fixture();
  const cache = instance();
  await cache.get(URL);
  host.answer = () => ok({ refused: 'bad_status' });
  for (let i = 0; i < 200; i += 1) await cache.get(`${URL}${i}`);
  const calls = store.calls.length;
  await cache.get(URL);
  expect(store.calls).toHaveLength(calls);
});

test('a table that cannot be read is a failure; one that cannot be written is not', async () => {
  const { instance, store, fetched } = fixture();
  const cache = instance();
  store.fail(THROTTLED, { operation: 'read' });
  expect(await cache.get(URL)).toEqual({ ok: false, error: THROTTLED });
  store.fail(THROTTLED, { operation: 'create' });
  expect(await cache.get(URL)).toMatchObject({ ok: true, value: { document: { n: 1 } } });
  await cache.get(URL);
  expect(fetched).toHaveLength(1);
});

test('whoever asks for thousands of addresses fills no memory', async () => {
  const { instance, store } = fixture();
  const cache = instance();
  await cache.get(URL);
  for (let i = 0; i < 100; i += 1) await cache.get(`${URL}${i}`);
  const calls = store.calls.length;
  await cache.get(`${URL}99`);
  expect(store.calls).toHaveLength(calls);
  await cache.get(URL);
  expect(store.calls).toHaveLength(calls + 1);
});
