import { FaultInjector } from '../../../../local/aws/fault-injector';

const hits = (faults: FaultInjector, calls: number) =>
  Array.from({ length: calls }, () => faults.next('kms', 'Decrypt') !== undefined);

test('a fault hits the named operation of the named service, and no other', () => {
  const faults = new FaultInjector();
  faults.inject({ operation: 'Decrypt', service: 'kms', kind: 'error' });
  expect(faults.next('kms', 'Encrypt')).toBeUndefined();
  expect(faults.next('dynamodb', 'Decrypt')).toBeUndefined();
  expect(faults.next('kms', 'Decrypt')).toMatchObject({ kind: 'error' });
});

test('a fault with a number of times is used up; without, it stays until cleared', () => {
  const faults = new FaultInjector();
  faults.inject({ kind: 'throttle', times: 2 });
  expect(hits(faults, 4)).toEqual([true, true, false, false]);
  faults.inject({ kind: 'throttle' });
  expect(hits(faults, 3)).toEqual([true, true, true]);
  faults.clear();
  expect(hits(faults, 1)).toEqual([false]);
});

test('the first that fits wins; the next takes over when it is used up', () => {
  const faults = new FaultInjector();
  faults.inject({ kind: 'throttle', times: 1 });
  faults.inject({ kind: 'reset', times: 1 });
  expect(faults.next('kms', 'Decrypt')?.kind).toBe('throttle');
  expect(faults.next('kms', 'Decrypt')?.kind).toBe('reset');
});

test('a rate hits that share of the calls, the same ones for the same seed', () => {
  const run = (seed: number) => {
    const faults = new FaultInjector(seed);
    faults.inject({ kind: 'error', rate: 0.25 });
    return hits(faults, 1000);
  };
  const share = run(7).filter(Boolean).length / 1000;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.3);
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});
