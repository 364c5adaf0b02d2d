import type { AuthItemKey } from '../../lambda/contract/auth-record';
import type { AuthStore, Stored, Written } from '../../lambda/core/authz/ports';
import type { BackendFailure } from '../../lambda/core/ports';
import type { Result } from '../../lambda/core/result';
import { type TestClock, testClock } from './clock';

/** What every auth store does. `make` gives a store on the clock; the keys used here are new in each test. */
export function describeAuthStore(name: string, make: (clock: TestClock) => AuthStore): void {
  describe(`auth store: ${name}`, () => {
    let clock: TestClock;
    let store: AuthStore;
    let key: AuthItemKey;
    let tests = 0;
    const MINUTE_MS = 60_000;
    const inMs = (ms: number) => ({ validUntilMs: clock.now() + ms });

    beforeAll(() => {
      clock = testClock();
      store = make(clock);
    });
    beforeEach(() => {
      tests += 1;
      key = { pk: `person#${tests}`, sk: 'grant#a' };
    });

    const readOne = async (one: AuthItemKey): Promise<Stored<unknown> | undefined> => value(await store.read([one]))[0];
    const created = async (record: object, ms = MINUTE_MS): Promise<number> =>
      won(await store.create(key, record, inMs(ms)));

    it('reads what was created', async () => {
      const version = await created({ phase: 'code', list: [1, { deep: 'ä"\\\n' }], nothing: null });
      expect(await readOne(key)).toEqual({
        version,
        record: { phase: 'code', list: [1, { deep: 'ä"\\\n' }], nothing: null },
      });
    });

    it('reads several keys in their order, absent ones as undefined, repeated ones repeatedly', async () => {
      await created({ n: 1 });
      const other = { pk: 'gateway', sk: `switch-${tests}` };
      won(await store.create(other, { n: 2 }, inMs(MINUTE_MS)));
      const absent = { ...key, sk: 'grant#absent' };
      const found = value(await store.read([other, absent, key, other]));
      expect(found.map((one) => one?.record)).toEqual([{ n: 2 }, undefined, { n: 1 }, { n: 2 }]);
    });

    it('reads nothing where nothing is asked', async () => {
      expect(value(await store.read([]))).toEqual([]);
    });

    it('gives each reader a document of its own', async () => {
      const record = { scopes: ['mcp'] };
      await created(record);
      record.scopes.push('later');
      const [first] = value(await store.read([key]));
      Object.assign(first?.record ?? {}, { scopes: 'of a reader' });
      expect((await readOne(key))?.record).toEqual({ scopes: ['mcp'] });
    });

    it('fails to create what is there, and says what is', async () => {
      const version = await created({ by: 'first' });
      expect(value(await store.create(key, { by: 'second' }, inMs(MINUTE_MS)))).toEqual({
        won: false,
        kept: { version, record: { by: 'first' } },
      });
      expect((await readOne(key))?.record).toEqual({ by: 'first' });
    });

    it('replaces the version that was read', async () => {
      const version = await created({ n: 1 });
      const next = won(await store.replace(key, version, { n: 2 }, inMs(MINUTE_MS)));
      expect(next).toBe(version + 1);
      expect(await readOne(key)).toEqual({ version: next, record: { n: 2 } });
    });

    it('fails to replace a version that is no longer there, and says what is', async () => {
      const version = await created({ n: 1 });
      const next = won(await store.replace(key, version, { n: 2 }, inMs(MINUTE_MS)));
      expect(value(await store.replace(key, version, { n: 3 }, inMs(MINUTE_MS)))).toEqual({
        won: false,
        kept: { version: next, record: { n: 2 } },
      });
    });

    it('fails to replace what is absent', async () => {
      expect(value(await store.replace(key, 1, { n: 1 }, inMs(MINUTE_MS)))).toEqual({ won: false, kept: undefined });
      expect(await readOne(key)).toBeUndefined();
    });

    it('has no document from the millisecond on at which its validity ends', async () => {
      const version = await created({ n: 1 }, 1_000);
      clock.advance(999);
      expect((await readOne(key))?.record).toEqual({ n: 1 });
      expect(value(await store.list(key.pk, 'grant#'))).toHaveLength(1);
      clock.advance(1);
      expect(await readOne(key)).toBeUndefined();
      expect(value(await store.list(key.pk, 'grant#'))).toEqual([]);
      expect(value(await store.replace(key, version, { n: 2 }, inMs(MINUTE_MS)))).toEqual({
        won: false,
        kept: undefined,
      });
    });

    it('creates in the place of an expired document, with a version it never had', async () => {
      const first = await created({ n: 1 }, 1_000);
      const second = won(await store.replace(key, first, { n: 2 }, inMs(1_000)));
      clock.advance(1_000);
      const third = await created({ n: 3 });
      expect(third).toBeGreaterThan(second);
      expect(value(await store.replace(key, first, { n: 4 }, inMs(MINUTE_MS)))).toMatchObject({ won: false });
      expect(await readOne(key)).toEqual({ version: third, record: { n: 3 } });
    });

    it('lets the validity of a replacement be longer or shorter', async () => {
      const first = await created({ n: 1 }, 1_000);
      const second = won(await store.replace(key, first, { n: 2 }, inMs(10_000)));
      clock.advance(5_000);
      expect((await readOne(key))?.record).toEqual({ n: 2 });
      won(await store.replace(key, second, { n: 3 }, inMs(1_000)));
      clock.advance(1_000);
      expect(await readOne(key)).toBeUndefined();
    });

    it('lists a partition by the beginning of the sort key, in its order', async () => {
      for (const sk of ['grant#c', 'grant#b', 'grants', 'switch', 'grant#B']) {
        won(await store.create({ pk: key.pk, sk }, { sk }, inMs(MINUTE_MS)));
      }
      won(await store.create({ pk: `${key.pk}0`, sk: 'grant#z' }, { sk: 'of another' }, inMs(MINUTE_MS)));
      const listed = value(await store.list(key.pk, 'grant#'));
      expect(listed.map(({ record }) => record)).toEqual([{ sk: 'grant#B' }, { sk: 'grant#b' }, { sk: 'grant#c' }]);
      expect(value(await store.list(key.pk, 'none'))).toEqual([]);
    });

    it('lists and reads as many as there are', async () => {
      for (let at = 0; at < 205; at += 1) {
        won(await store.create({ pk: key.pk, sk: `grant#${at}` }, { at }, inMs(at < 3 ? 1_000 : MINUTE_MS)));
      }
      expect(value(await store.list(key.pk, 'grant#'))).toHaveLength(205);
      const keys = Array.from({ length: 205 }, (_, at) => ({ pk: key.pk, sk: `grant#${at}` }));
      const read = value(await store.read(keys));
      expect(read.map((one) => (one?.record as { at?: number } | undefined)?.at)).toEqual(keys.map((_, at) => at));
    });

    it('lets one of fifty create a document, and tells the others which', async () => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.create(key, { at }, inMs(MINUTE_MS))),
      );
      const winners = answers.flatMap((answer, at) => (value(answer).won ? [at] : []));
      expect(winners).toHaveLength(1);
      const kept = await readOne(key);
      expect(kept?.record).toEqual({ at: winners[0] });
      const losers = answers.map(value).filter((written) => !written.won);
      expect(losers).toEqual(Array.from({ length: 49 }, () => ({ won: false, kept })));
    });

    it('lets one of fifty replace a version', async () => {
      const version = await created({ at: -1 });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.replace(key, version, { at }, inMs(MINUTE_MS))),
      );
      const winners = answers.flatMap((answer, at) => (value(answer).won ? [at] : []));
      expect(winners).toHaveLength(1);
      expect(await readOne(key)).toEqual({ version: version + 1, record: { at: winners[0] } });
    });
  });
}

function value<T>(answer: Result<T, BackendFailure>): T {
  if (!answer.ok) throw new Error(`the store failed: ${JSON.stringify(answer.error)}`);
  return answer.value;
}

function won(answer: Result<Written, BackendFailure>): number {
  const written = value(answer);
  if (!written.won) throw new Error('another document is in the way');
  return written.version;
}
