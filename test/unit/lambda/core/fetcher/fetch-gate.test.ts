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

describe('who invents addresses', () => {
  const refusedOf = async (gate: FetchGate, count: number, request: (n: number) => object) => {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => gate.serve(request(n))));
    return answers.filter((answer) => 'refused' in answer && answer.refused === 'rate_limited').length;
  };
  const invented = (n: number) => ({ url: `https://claude.ai/x/${n}` });

  test('of one host leaves something to the others: 10 at once and 1 per second', async () => {
    const { gate } = gateOf();
    expect(await refusedOf(gate, 30, invented)).toBe(20);
    expect(await gate.serve({ url: 'https://vscode.dev/client.json' })).toEqual({ document: 1 });
    clock.advance(1_000);
    expect(await refusedOf(gate, 5, invented)).toBe(4);
  });

  test('of any hosts leaves something to addresses that were good before, and those are limited as well', async () => {
    const { gate } = gateOf();
    expect(await refusedOf(gate, 50, (n) => ({ url: `https://h${n % 5}.example.com/${n}` }))).toBe(30);
    const good = (n: number) => ({ url: `https://h${n % 5}.example.com/good/${n}`, wasGood: true });
    expect(await refusedOf(gate, 50, good)).toBe(30);
  });

  test('gains nothing by hosts without end', async () => {
    const { gate } = gateOf();
    for (let i = 0; i < 60; i += 1) {
      clock.advance(1_000);
      expect(await refusedOf(gate, 22, (n) => ({ url: `https://h${i}-${n}.example.com/` }))).toBe(i === 0 ? 2 : 20);
    }
  });

  test.each([['true'], [1], [null]])('is not believed where the request says %p of what was good', async (wasGood) => {
    const { gate } = gateOf();
    expect(await refusedOf(gate, 30, (n) => ({ ...invented(n), wasGood }))).toBe(20);
    expect(await gate.serve({ ...invented(0), wasGood: true })).toEqual({ document: 1 });
  });
});
