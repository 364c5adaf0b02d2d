import type { Fault } from '../../../local/aws/fault-injector';
import { type FaultScene, FLOWS, type FlowName, startFaultScene } from './fault-flows';
import { meetEachCall, WELL } from './meet-faults';

let scene: FaultScene;
beforeAll(async () => {
  scene = await startFaultScene();
});
afterAll(() => scene.close());
afterEach(() => scene.gateway.commands.clearFaults());

const LOST = 'does what is asked but its answers are lost';

/** Each call in turn, and all calls behind it: more than retries can make good. */
const LASTING: readonly (readonly [string, Fault])[] = [
  ['throttles', { kind: 'throttle' }],
  ['fails', { kind: 'error' }],
  [LOST, { kind: 'reset', afterEffect: true }],
];

/** Where the person signs in once more: the identity provider's code, or ours, was used up and cannot be used twice. */
const MAY_RESTART: readonly (readonly [FlowName, string])[] = [
  ...LASTING.map(([how]) => ['callback', how] as const),
  ['redeem', LOST],
];

describe.each(LASTING)('AWS %s from one call on', (how, fault) => {
  test.each(FLOWS)('%s: works again afterwards, nothing is granted twice, nothing is lost', async (flow) => {
    const consequences = await meetEachCall(scene, flow, fault);
    expect(consequences).toEqual(consequences.map(({ outcome }) => ({ ...WELL, outcome })));
    const mayRestart = MAY_RESTART.some(([name, kind]) => name === flow && kind === how);
    const restarts = consequences.filter(({ outcome }) => outcome === 'restart');
    expect(restarts.length).toBeLessThanOrEqual(mayRestart ? consequences.length : 0);
  });
});

/** One call in turn, and that one only: the repetition makes it good. */
const PASSING: readonly (readonly [string, Fault])[] = [
  ['throttles', { kind: 'throttle', times: 1 }],
  ['fails', { kind: 'error', times: 1 }],
  ['does what is asked but its answer is lost', { kind: 'reset', afterEffect: true, times: 1 }],
];

describe.each(PASSING)('AWS %s at one call', (_, fault) => {
  test.each(FLOWS)('%s: nobody notices', async (flow) => {
    const consequences = await meetEachCall(scene, flow, fault);
    expect(consequences).toEqual(consequences.map(() => ({ ...WELL, outcome: 'done' })));
  });
});
