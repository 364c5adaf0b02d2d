import { type FetchAnswer, FetchGate, MAX_DOCUMENT_BYTES } from '../../../../../lambda/core/fetcher/fetch-gate';
import type { FetchTarget } from '../../../../../lambda/core/fetcher/fetch-target';
import { testClock } from '../../../../helpers/clock';

const clock = testClock();

function gateOf(
  fetch: (target: FetchTarget, maxBytes: number) => Promise<FetchAnswer> = async () => ({ document: 1 }),
) {
  const fetched: [FetchTarget, number][] = [];
  const gate = new FetchGate({
    now: clock.now,
    fetch: (...asked) => {
      fetched.push(asked);
      return fetch(...asked);
    },
  });
  return { gate, fetched };
}

test('fetches what it is asked, of at most 64 KB', async () => {
  const { gate, fetched } = gateOf();
  expect(await gate.serve({ url: 'https://example.com/a' })).toEqual({ document: 1 });
  await gate.serve({ url: 'https://example.com/a', maxBytes: 10 });
  await gate.serve({ url: 'https://example.com/a', maxBytes: 10_000_000 });
  const target = { hostname: 'example.com', path: '/a' };
  expect(fetched).toEqual([
    [target, MAX_DOCUMENT_BYTES],
    [target, 10],
    [target, MAX_DOCUMENT_BYTES],
  ]);
});

test.each([
  ['an address that is none to fetch', { url: 'https://127.0.0.1/' }],
  ['no address', {}],
  ['no request', null],
  ['a text', 'https://example.com/'],
  ['a size of nothing', { url: 'https://example.com/', maxBytes: 0 }],
  ['a size that is no number', { url: 'https://example.com/', maxBytes: '10' }],
  ['a size that is none', { url: 'https://example.com/', maxBytes: Number.NaN }],
])('refuses %s, and asks nobody', async (_, request) => {
  const { gate, fetched } = gateOf();
  expect(await gate.serve(request)).toEqual({ refused: 'address_not_allowed' });
  expect(fetched).toEqual([]);
});

test('one address asked for a thousand times at once is fetched once', async () => {
  const { gate, fetched } = gateOf();
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, () => gate.serve({ url: 'https://example.com/client.json' })),
  );
  expect(fetched).toHaveLength(1);
  expect(answers.every((answer) => 'document' in answer)).toBe(true);
});

test('an answer is not kept: the next one is fetched anew', async () => {
  const { gate, fetched } = gateOf();
  await gate.serve({ url: 'https://example.com/' });
  await gate.serve({ url: 'https://example.com/' });
  expect(fetched).toHaveLength(2);
});

test('a fetch that fails does not stay in the way', async () => {
  const { gate } = gateOf(() => Promise.reject(new Error('unforeseen')));
  await expect(gate.serve({ url: 'https://example.com/' })).rejects.toThrow('unforeseen');
  await expect(gate.serve({ url: 'https://example.com/' })).rejects.toThrow('unforeseen');
});

test('refuses more than 20 addresses at once and 2 per second, whatever their hosts', async () => {
  const { gate, fetched } = gateOf();
  const ask = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => gate.serve({ url: `https://h${i}.example.com/${clock.now()}` })),
    );
  const refused = (answers: readonly FetchAnswer[]) =>
    answers.filter((answer) => 'refused' in answer && answer.refused === 'rate_limited').length;

  expect(refused(await ask(30))).toBe(10);
  clock.advance(1_000);
  expect(refused(await ask(5))).toBe(3);
  clock.advance(-3_600_000);
  expect(refused(await ask(1))).toBe(1);
  clock.advance(3_600_000);
  expect(refused(await ask(30))).toBe(10);
  expect(fetched).toHaveLength(42);
});
