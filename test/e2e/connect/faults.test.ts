import type { Fault } from '../../../local/aws/fault-injector';
import { WELL } from '../sign-in/meet-faults';
import { FLOWS, type FlowName } from './fault-flows';
import { type FaultsMet, meetAll } from './faults-at-once';
import { noSecretIn } from './faults-secrets';

// Every call to AWS of everything a person, an agent, an administrator or the schedule does with accounts, in turn: one
// fault, at that call only. Those that last are in faults-lasting.test.ts.

const PASSING: readonly (readonly [string, Fault])[] = [
  ['throttles', { kind: 'throttle', times: 1 }],
  ['fails', { kind: 'error', times: 1 }],
  ['does what is asked but its answer is lost', { kind: 'reset', afterEffect: true, times: 1 }],
];
const SOONER = 'has taken somebody else’s write sooner';

let met: FaultsMet;
let secrets: ReturnType<typeof noSecretIn>;
beforeAll(async () => {
  secrets = noSecretIn();
  const sooner: readonly [string, Fault] = [SOONER, { kind: 'condition', times: 1 }];
  met = await meetAll([...PASSING, sooner].flatMap(([how, fault]) => FLOWS.map((flow) => ({ flow, how, fault }))));
}, 300_000);
afterAll(async () => {
  secrets?.restore();
  await met?.close();
});

describe.each(PASSING)('AWS %s at one call', (how) => {
  test.each(FLOWS)('%s: nobody notices', (flow) => {
    const consequences = met.of(how, flow);
    expect(consequences.length).toBeGreaterThan(0);
    expect(consequences).toEqual(consequences.map(() => ({ ...WELL, outcome: 'done' })));
  });
});

/** What can be tried again, or begun again: the link of an agent counts as used, the attempt as answered. */
const MAY_FAIL: readonly FlowName[] = [
  'start',
  'callback of a first connect',
  'callback of a reconnect',
  'the hourly sweep',
];

describe('a write finds that somebody else was sooner', () => {
  test.each(FLOWS)('%s: ends as if nobody had been, or is done again', (flow) => {
    const consequences = met.of(SOONER, flow);
    expect(consequences).toEqual(consequences.map(({ outcome }) => ({ ...WELL, outcome })));
    const failed = consequences.filter(({ outcome }) => outcome !== 'done');
    expect(failed.length).toBeLessThanOrEqual(MAY_FAIL.includes(flow) ? 2 : 0);
  });
});

test('no token, code, key or ticket was in a log or in the answer to anybody but its own', () => {
  expect(secrets.count()).toBeGreaterThan(500);
  expect(met.scenes.flatMap((scene) => secrets.foundIn(scene.gateway.logs()))).toEqual([]);
  expect(met.scenes.flatMap((scene) => secrets.foundIn(scene.heard.join('\n')))).toEqual([]);
});
