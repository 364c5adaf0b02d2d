import * as fc from 'fast-check';
import { RecordCache } from '../../../../lambda/core/record-cache';
import { err, ok, type Result } from '../../../../lambda/core/result';
import { type TestClock, testClock } from '../../../helpers/clock';

type Answer = Result<string, string>;

interface Load {
  readonly key: string;
  readonly previous: string | undefined;
  readonly startedAtMs: number;
  settle(answer: Answer): Promise<void>;
  crash(error: Error): Promise<void>;
}

/** A cache whose reads end when told. */
function cacheOf(ttlMs: number, clock: TestClock, maxEntries = 100) {
  const loads: Load[] = [];
  const cache = new RecordCache<string, string, string>({
    ttlMs,
    maxEntries,
    now: clock.now,
    load: (key, previous) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const landed = promise.then(noop, noop);
      loads.push({
        key,
        previous,
        startedAtMs: clock.now(),
        settle: (answer) => {
          resolve(answer);
          return landed.then(noop);
        },
        crash: (error) => {
          reject(error);
          return landed.then(noop);
        },
      });
      return promise;
    },
  });
  const load = (index: number): Load => {
    const found = loads[index];
    if (found === undefined) throw new Error(`read ${index} was not made`);
    return found;
  };
  return { cache, loads, load, get: (key = 'k') => cache.get(key, 0) };
}

function noop(): void {
  // Only the moment counts.
}

describe('a cache with a time to live', () => {
  test('reads once and answers from memory until the time is over, to the millisecond', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(250, clock);
    const first = get();
    await load(0).settle(ok('v1'));
    expect(await first).toEqual(ok('v1'));
    clock.advance(249);
    expect(await get()).toEqual(ok('v1'));
    expect(loads).toHaveLength(1);
    clock.advance(1);
    const second = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('v2'));
    expect(await second).toEqual(ok('v2'));
  });

  test('counts age from the moment a read begins: what is revoked while the answer travels expires in time', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    clock.advance(900);
    await load(0).settle(ok('v1'));
    await first;
    clock.advance(100);
    const second = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('v2'));
    expect(await second).toEqual(ok('v2'));
  });

  test('makes one read for 32 callers at once', async () => {
    const { get, load, loads } = cacheOf(1000, testClock());
    const callers = Array.from({ length: 32 }, () => get());
    expect(loads).toHaveLength(1);
    await load(0).settle(ok('v1'));
    expect(await Promise.all(callers)).toEqual(Array.from({ length: 32 }, () => ok('v1')));
  });

  test('does not join a read that began longer ago than the time to live', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    clock.advance(1000);
    const second = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('new'));
    await load(0).settle(ok('old'));
    expect(await Promise.all([first, second])).toEqual([ok('old'), ok('new')]);
  });

  test('never lets an older read that lands late replace a newer one', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    clock.advance(1000);
    const second = get();
    await load(1).settle(ok('new'));
    await load(0).settle(ok('old'));
    await Promise.all([first, second]);
    expect(await get()).toEqual(ok('new'));
    expect(loads).toHaveLength(2);
  });

  test('an older read that lands does not hide a newer one from those who come to join it', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    clock.advance(1000);
    const second = get();
    await load(0).settle(err('late'));
    await first;
    const third = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('new'));
    expect(await Promise.all([second, third])).toEqual([ok('new'), ok('new')]);
  });

  test('reads different keys apart', async () => {
    const { get, load, loads } = cacheOf(1000, testClock());
    const answers = [get('a'), get('b')];
    await load(1).settle(ok('of b'));
    await load(0).settle(ok('of a'));
    expect(await Promise.all(answers)).toEqual([ok('of a'), ok('of b')]);
    expect(loads.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('tells a read what the last one found, so that an unchanged value need not be fetched', async () => {
    const clock = testClock();
    const { get, load } = cacheOf(1000, clock);
    const first = get();
    await load(0).settle(ok('v1'));
    await first;
    clock.advance(1000);
    void get();
    expect([load(0).previous, load(1).previous]).toEqual([undefined, 'v1']);
  });

  test('remembers no failure: the next caller reads again', async () => {
    const { get, load, loads } = cacheOf(1000, testClock());
    const first = get();
    await load(0).settle(err('throttled'));
    expect(await first).toEqual(err('throttled'));
    const second = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('v1'));
    expect(await second).toEqual(ok('v1'));
  });

  test('answers a failed renewal with the failure, never with the value that expired', async () => {
    const clock = testClock();
    const { get, load } = cacheOf(1000, clock);
    const first = get();
    await load(0).settle(ok('v1'));
    await first;
    clock.advance(1000);
    const second = get();
    await load(1).settle(err('down'));
    expect(await second).toEqual(err('down'));
  });

  test('passes an exception of a read to everyone who waits, and reads again', async () => {
    const { get, load, loads } = cacheOf(1000, testClock());
    const callers = [get(), get()];
    const outcomes = Promise.allSettled(callers);
    await load(0).crash(new Error('bug'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void get();
    expect(loads).toHaveLength(2);
  });

  test('holds no more entries than it may', async () => {
    const { get, load, loads } = cacheOf(1000, testClock(), 2);
    for (const [i, key] of ['a', 'b', 'c'].entries()) {
      const answer = get(key);
      await load(i).settle(ok(key));
      await answer;
    }
    await Promise.all([get('b'), get('c')]);
    expect(loads).toHaveLength(3);
    void get('a');
    expect(loads).toHaveLength(4);
  });
});

describe('a key that is invalidated', () => {
  test('is read again, still knowing what was found last', async () => {
    const { cache, get, load } = cacheOf(1000, testClock());
    const first = get();
    await load(0).settle(ok('v1'));
    await first;
    cache.invalidate('k');
    const second = get();
    expect(load(1).previous).toBe('v1');
    await load(1).settle(ok('v2'));
    expect(await second).toEqual(ok('v2'));
    expect(await get()).toEqual(ok('v2'));
  });

  test('leaves others as they are', async () => {
    const { cache, get, load, loads } = cacheOf(1000, testClock());
    const [known, underWay] = [get('a'), get('b')];
    await load(0).settle(ok('a'));
    await known;
    cache.invalidate('c');
    const joined = get('b');
    await load(1).settle(ok('b'));
    expect(await Promise.all([get('a'), underWay, joined])).toEqual([ok('a'), ok('b'), ok('b')]);
    expect(loads).toHaveLength(2);
  });

  test('neither joins nor remembers a read that began before', async () => {
    const { cache, get, load, loads } = cacheOf(1000, testClock());
    const before = get();
    cache.invalidate('k');
    const after = get();
    expect(loads).toHaveLength(2);
    await load(1).settle(ok('new'));
    await load(0).settle(ok('old'));
    expect(await Promise.all([before, after])).toEqual([ok('old'), ok('new')]);
    expect(await get()).toEqual(ok('new'));
  });
});

test('a key that is forgotten is read again, without what it was, and the others are not', async () => {
  const { cache, get, load, loads } = cacheOf(1000, testClock());
  for (const [i, key] of ['a', 'b'].entries()) {
    const answer = get(key);
    await load(i).settle(ok(key));
    await answer;
  }
  cache.forget('a');
  expect(await get('b')).toEqual(ok('b'));
  void get('a');
  expect([loads.length, load(2).previous]).toEqual([3, undefined]);
});

describe('a cache with a time to live of 0', () => {
  test('reads for every call and joins none', async () => {
    const { get, load, loads } = cacheOf(0, testClock());
    const calls = [get(), get(), get()];
    expect(loads).toHaveLength(3);
    for (const i of [2, 0, 1]) await load(i).settle(ok(`v${i}`));
    expect(await Promise.all(calls)).toEqual([ok('v0'), ok('v1'), ok('v2')]);
    void get();
    expect(loads).toHaveLength(4);
  });

  test('tells each read what the latest one found, not the one that landed last', async () => {
    const { get, load } = cacheOf(0, testClock());
    const calls = [get(), get()];
    await load(1).settle(ok('later'));
    await load(0).settle(ok('earlier'));
    await Promise.all(calls);
    void get();
    expect(load(2).previous).toBe('later');
  });
});

describe('a clock set back', () => {
  test('does not stretch a lifetime', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    await load(0).settle(ok('v1'));
    await first;
    clock.advance(-60_000);
    void get();
    expect(loads).toHaveLength(2);
  });

  test('does not keep what was read since from being remembered', async () => {
    const clock = testClock();
    const { get, load, loads } = cacheOf(1000, clock);
    const first = get();
    await load(0).settle(ok('v1'));
    await first;
    clock.advance(-60_000);
    const second = get();
    await load(1).settle(ok('v2'));
    await second;
    expect(await get()).toEqual(ok('v2'));
    expect(loads).toHaveLength(2);
  });
});

type Step =
  | { readonly do: 'get'; readonly key: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'land'; readonly which: number; readonly isGood: boolean }
  | { readonly do: 'invalidate'; readonly key: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.constantFrom('a', 'b') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 4, 10, -7) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('land' as const),
      which: fc.nat(20),
      isGood: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('invalidate' as const), key: fc.constantFrom('a', 'b') }) },
);

test('holds its contract over any order of calls, answers, failures, invalidations and clock changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 10), fc.array(step, { maxLength: 40 }), async (ttlMs, steps) => {
      const clock = testClock(1000);
      const { cache, loads, get } = cacheOf(ttlMs, clock);
      /** What a correct cache knows: reads under way, and the youngest that ended well, of this epoch. */
      const model = {
        pending: new Set<number>(),
        landed: new Map<string, number>(),
        joinableFrom: new Map<string, number>(),
        epochStart: 0,
      };
      const isFresh = (index: number) => {
        const age = clock.now() - (loads[index]?.startedAtMs ?? 0);
        return age >= 0 && age < ttlMs;
      };
      const checks: Promise<void>[] = [];

      for (const current of steps) {
        if (current.do === 'wait') clock.advance(current.ms);
        if (current.do === 'invalidate') {
          cache.invalidate(current.key);
          model.landed.delete(current.key);
          model.joinableFrom.set(current.key, loads.length);
          model.epochStart = loads.length;
        }
        if (current.do === 'land') {
          const index = [...model.pending][current.which % Math.max(1, model.pending.size)];
          if (index === undefined) continue;
          model.pending.delete(index);
          const { key } = loads[index] as Load;
          if (current.isGood && index >= model.epochStart && index > (model.landed.get(key) ?? -1)) {
            model.landed.set(key, index);
          }
          await loads[index]?.settle(current.isGood ? ok(String(index)) : err(String(index)));
          // The cache hears of it a microtask later.
          await Promise.resolve();
        }
        if (current.do === 'get') {
          const before = loads.length;
          const remembered = model.landed.get(current.key);
          // Only the latest read: to an older one, a clock set back may have given a second youth.
          const from = model.joinableFrom.get(current.key) ?? 0;
          const latest = loads.findLastIndex((load, index) => index >= from && load.key === current.key);
          const joinable = model.pending.has(latest) && isFresh(latest) ? latest : undefined;
          const expected = remembered !== undefined && isFresh(remembered) ? remembered : (joinable ?? before);
          const answer = get(current.key);
          expect(loads.length - before).toBe(expected === before ? 1 : 0);
          if (expected === before) model.pending.add(before);
          checks.push(
            Promise.resolve(answer).then((result) =>
              expect(result.ok ? result.value : result.error).toBe(String(expected)),
            ),
          );
        }
      }
      await Promise.all([...model.pending].map((index) => loads[index]?.settle(ok(String(index)))));
      await Promise.all(checks);
    }),
    { numRuns: 400 },
  );
});
