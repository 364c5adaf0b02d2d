import { FLOWS, type FlowName, startFaultScene } from './fault-flows';
import { type Consequence, meetEachCall, WELL } from './meet-faults';

// Beside faults.test.ts, because each silence lasts as long as a call waits for its answer: four gateways wait at once.
const GATEWAYS = 4;

/** The last calls of an allowed consent read and renew the registration of a client that registered itself. */
const RENEWAL_CALLS = 2;

/** The fetcher may take its time over a stranger's address, so its silence is waited for once and not again. */
const PATIENT = 'authorize with a client id metadata document';
/** What the person or the agent would lose most by. */
const FOR_GOOD = ['allow', 'redeem', 'refresh'] as const satisfies readonly FlowName[];

const once = new Map<FlowName, readonly Consequence[]>();
const forGood = new Map<FlowName, readonly Consequence[]>();

beforeAll(async () => {
  const work = [
    ...FLOWS.map((flow) => ({ flow, fault: { kind: 'timeout', times: 1 } as const, into: once })),
    ...FOR_GOOD.map((flow) => ({ flow, fault: { kind: 'timeout' } as const, into: forGood })),
  ].values();
  const share = async () => {
    const scene = await startFaultScene();
    try {
      for (const { flow, fault, into } of work) into.set(flow, await meetEachCall(scene, flow, fault));
    } finally {
      await scene.close();
    }
  };
  await Promise.all(Array.from({ length: GATEWAYS }, share));
}, 180_000);

test.each(FLOWS.filter((flow) => flow !== PATIENT))(
  'AWS does not answer one call of %s: it is asked again, and nobody notices',
  (flow) => {
    const consequences = once.get(flow) ?? [];
    expect(consequences.length).toBeGreaterThan(0);
    expect(consequences).toEqual(consequences.map(() => ({ ...WELL, outcome: 'done' })));
  },
);

test(`AWS does not answer one call of ${PATIENT}: it is asked again at once, or by the person`, () => {
  const consequences = once.get(PATIENT) ?? [];
  expect(consequences).toEqual(consequences.map(({ outcome }) => ({ ...WELL, outcome })));
  expect(consequences.filter(({ outcome }) => outcome !== 'done')).toEqual([{ ...WELL, outcome: 'again' }]);
});

test.each(FOR_GOOD)('AWS falls silent in the middle of %s: it works again afterwards', (flow) => {
  const consequences = forGood.get(flow) ?? [];
  expect(consequences.length).toBeGreaterThan(0);
  // Consent is given by then: that the client's registration could not be renewed is no reason to ask the person again.
  const needed = consequences.length - (flow === 'allow' ? RENEWAL_CALLS : 0);
  const expected = consequences.map((_, call) => ({ ...WELL, outcome: call < needed ? 'again' : 'done' }));
  expect(consequences).toEqual(expected);
});
