import { labelSteps } from '../../../../../lambda/core/vault/settle-labels';
import type { KeyRecord } from '../../../../../lambda/core/vault/vault-ports';

const live = { kind: 'live', version: 3, secretId: 's', secretVersionId: 'v3' } as KeyRecord;
const erased: KeyRecord = { kind: 'erased', version: 4, secretId: 's', secretVersionId: 'e4' };
const steps = (record: KeyRecord | undefined, labels: Record<string, string[]>) =>
  labelSteps(record, 's', new Map(Object.entries(labels)));

describe('what is to be done about labels', () => {
  test('nothing, when the version in use is current; another store’s AWSPENDING is left alone', () => {
    expect(steps(live, { v3: ['AWSCURRENT'], v2: ['AWSPREVIOUS'], v4: ['AWSPENDING'] })).toEqual([]);
  });

  test('nothing, when nothing was ever stored', () => {
    expect(steps(undefined, { x: ['AWSCURRENT'] })).toEqual([]);
  });

  test('nothing to a secret the record does not speak of', () => {
    expect(steps({ ...live, secretId: 'other' }, { v2: ['AWSCURRENT'] })).toEqual([]);
    expect(steps({ ...erased, secretId: 'other' }, { v2: ['AWSCURRENT'] })).toEqual([]);
  });

  test('AWSCURRENT moves to the version in use', () => {
    expect(steps(live, { v2: ['AWSCURRENT'], v3: ['AWSPENDING'] })).toEqual([
      { kind: 'move', label: 'AWSCURRENT', from: 'v2', to: 'v3' },
    ]);
    expect(steps(live, {})).toEqual([{ kind: 'move', label: 'AWSCURRENT', from: undefined, to: 'v3' }]);
  });

  test('the candidate of a rotation gets its label, once the key in use has its own', () => {
    const candidate = { secretVersionId: 'v4', parts: [], origins: [], startedAt: '' };
    const rotating: KeyRecord = { ...live, candidate } as KeyRecord;
    const move = { kind: 'move', label: 'MCPCANDIDATE', to: 'v4' };
    expect(steps(rotating, { v3: ['AWSCURRENT'] })).toEqual([{ ...move, from: undefined }]);
    expect(steps(rotating, { v3: ['AWSCURRENT'], v5: ['MCPCANDIDATE'] })).toEqual([{ ...move, from: 'v5' }]);
    expect(steps(rotating, { v3: ['AWSCURRENT'], v4: ['MCPCANDIDATE'] })).toEqual([]);
    expect(steps(rotating, { v2: ['AWSCURRENT'], v5: ['MCPCANDIDATE'] })).toEqual([
      { kind: 'move', label: 'AWSCURRENT', from: 'v2', to: 'v3' },
    ]);
  });

  test('a candidate of no rotation keeps its label: it may be one that is about to begin', () => {
    expect(steps(live, { v3: ['AWSCURRENT'], v4: ['MCPCANDIDATE'] })).toEqual([]);
  });

  test('an erased key gets its empty version, and then every other label goes', () => {
    expect(steps(erased, { v3: ['AWSCURRENT'], v5: ['AWSPENDING'] })).toEqual([{ kind: 'empty', versionId: 'e4' }]);
    expect(steps(erased, { v3: ['AWSCURRENT'], e4: ['AWSPREVIOUS'] })).toEqual([
      { kind: 'move', label: 'AWSCURRENT', from: 'v3', to: 'e4' },
    ]);
    expect(steps(erased, { e4: ['AWSCURRENT'], v3: ['AWSPREVIOUS', 'mine'], v5: ['AWSPENDING'] })).toEqual([
      { kind: 'move', label: 'AWSPREVIOUS', from: 'v3', to: undefined },
      { kind: 'move', label: 'mine', from: 'v3', to: undefined },
      { kind: 'move', label: 'AWSPENDING', from: 'v5', to: undefined },
    ]);
    expect(steps(erased, { e4: ['AWSCURRENT'] })).toEqual([]);
  });

  test('an erased key whose secret never had a value needs none', () => {
    expect(steps(erased, {})).toEqual([]);
  });
});
