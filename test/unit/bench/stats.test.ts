import {
  atLeast,
  atMost,
  exactly,
  interleaved,
  median,
  percentile,
  perRound,
  type Sample,
  summarise,
} from '../../../bench/stats';

const sample = (latenciesUs: number[], cpuUs?: number): Sample => ({ latenciesUs, cpuUs, elapsedMs: 100 });

describe('percentile', () => {
  test('is the nearest rank, whatever the order', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([0, 1, 50, 99, 100].map((p) => percentile(values, p))).toEqual([1, 1, 50, 99, 100]);
  });

  test('of one value is that value', () => {
    expect(percentile([7], 99)).toBe(7);
  });

  test('of nothing is no number', () => {
    expect(percentile([], 50)).toBeNaN();
  });

  test('leaves its input as it was', () => {
    const values = [3, 1, 2];
    percentile(values, 50);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('median', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('summarise', () => {
  test('takes medians over rounds, so that one disturbed round does not count', () => {
    const { p50Us, p99Us, rps } = summarise([sample([10, 10, 10]), sample([900, 900, 900]), sample([11, 11, 11])]);
    expect({ p50Us, p99Us, rps }).toEqual({ p50Us: 11, p99Us: 11, rps: 30 });
  });

  test('divides all CPU time by all calls', () => {
    expect(summarise([sample([1, 1], 10_000), sample([1, 1, 1], 20_000)]).cpuUs).toBe(6_000);
  });

  test('has no CPU figure when a round has none', () => {
    expect(summarise([sample([1], 10), sample([1])]).cpuUs).toBeUndefined();
  });
});

describe('perRound', () => {
  test('computes within each round, so that what slows one round down slows both sides', () => {
    const samples = new Map([
      ['slow', [sample([20]), sample([2000]), sample([40])]],
      ['fast', [sample([10]), sample([1000]), sample([10])]],
    ]);
    expect(perRound(samples, ['slow', 'fast'], (a, b) => a / b)).toBe(2);
  });

  test('of a target that was not measured is no number', () => {
    expect(perRound(new Map<string, Sample[]>(), ['a', 'b'], (a, b) => a / b)).toBeNaN();
  });
});

describe('interleaved', () => {
  test('measures every target once a round and lets each begin in turn', async () => {
    const order: string[] = [];
    const samples = await interleaved(['a', 'b', 'c'], 3, async (target) => {
      order.push(target);
      return sample([1]);
    });
    expect(order.join('')).toBe('abcbcacab');
    expect([...samples.values()].map((rounds) => rounds.length)).toEqual([3, 3, 3]);
  });
});

describe('bounds', () => {
  test('pass at the bound itself', () => {
    expect([atMost('a', 2, 2), atLeast('b', 2, 2), exactly('c', 2, 2)].map(({ pass }) => pass)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('miss beyond it', () => {
    expect([atMost('a', 2.1, 2), atLeast('b', 1.9, 2), exactly('c', 1, 2)].map(({ pass }) => pass)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('miss when nothing could be measured', () => {
    const none = Number.NaN;
    expect([atMost('a', none, 2), atLeast('b', none, 2), exactly('c', none, 2)].map(({ pass }) => pass)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
