import type { Fault } from '../../../local/aws/fault-injector';
import { WELL } from '../sign-in/meet-faults';
import type { FlowName } from './fault-flows';
import { type FaultsMet, meetAll } from './faults-at-once';
import { noSecretIn } from './faults-secrets';

// A service of AWS takes a call and says nothing, each call in turn: it is waited for a second and a half, and asked again.
// Not Lambda: a function may take as long as it takes, so whoever invokes one waits as long as it has time at all.

const HEARD: readonly (readonly [string, Partial<Fault>])[] = [
  ['never hears it', {}],
  ['does it and never answers', { afterEffect: true }],
];
/** Of those that write at a platform and in a table; the others meet the same clients. */
const FLOWS_MET = ['callback of a first connect', 'a call whose token has ended', 'disconnect'] as const;
const SERVICES: Partial<Record<FlowName, Fault['service']>> = {
  'a call whose token has ended': 'dynamodb',
  disconnect: 'dynamodb',
};

let met: FaultsMet;
let secrets: ReturnType<typeof noSecretIn>;
beforeAll(async () => {
  secrets = noSecretIn();
  met = await meetAll(
    HEARD.flatMap(([how, more]) =>
      FLOWS_MET.map((flow) => {
        const service = SERVICES[flow];
        return { flow, how, fault: { kind: 'timeout', times: 1, ...(service && { service }), ...more } as const };
      }),
    ),
  );
}, 300_000);
afterAll(async () => {
  secrets?.restore();
  await met?.close();
});

describe.each(HEARD)('AWS %s at one call', (how) => {
  test.each(FLOWS_MET)('%s: nobody notices', (flow) => {
    const consequences = met.of(how, flow);
    expect(consequences.length).toBeGreaterThan(0);
    expect(consequences).toEqual(consequences.map(() => ({ ...WELL, outcome: 'done' })));
  });
});

test('no token, code, key or ticket was in a log or in the answer to anybody but its own', () => {
  expect(secrets.count()).toBeGreaterThan(100);
  expect(met.scenes.flatMap((scene) => secrets.foundIn(scene.gateway.logs()))).toEqual([]);
  expect(met.scenes.flatMap((scene) => secrets.foundIn(scene.heard.join('\n')))).toEqual([]);
});
