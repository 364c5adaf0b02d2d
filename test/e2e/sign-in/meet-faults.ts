import type { Fault } from '../../../local/aws/fault-injector';
import type { GatewayProcess } from '../harness/gateway-process';
import type { Flow } from './fault-flows';

/** What came of a fault at one of a flow's calls to AWS. */
export interface Consequence {
  /** `done`: nobody noticed. `again`: failed, and worked the second time. `restart`: worked from the start. */
  readonly outcome: 'done' | 'again' | 'restart';
  readonly problem: string | undefined;
  readonly isBystanderWell: boolean;
}

/** Where faults are met: what somebody does there, and somebody else whom it must not touch. */
export interface MeetingPlace<Name extends string> {
  readonly gateway: Pick<GatewayProcess, 'commands'>;
  readonly flows: Readonly<Record<Name, Flow>>;
  readonly bystander: { refresh(): Promise<boolean> };
}

export const WELL = { problem: undefined, isBystanderWell: true } as const;

/**
 * Meets each call of a flow with a fault, in an attempt of its own; which calls there are is counted in an attempt that
 * is left alone, so that a call added later is met as well.
 */
export async function meetEachCall<Name extends string>(
  { gateway, flows, bystander }: MeetingPlace<Name>,
  name: Name,
  fault: Fault,
): Promise<readonly Consequence[]> {
  const flow = flows[name];
  const undisturbed = await flow();
  await gateway.commands.resetCounts();
  if (!(await undisturbed.run())) throw new Error(`${name} does not work undisturbed`);
  const calls = await gateway.commands.count();
  if (calls === 0) throw new Error(`${name} calls AWS no longer: leave it out`);

  const consequences: Consequence[] = [];
  for (let before = 0; before < calls; before += 1) {
    const attempt = await flow();
    // The calls before it are let through by a fault that is none.
    await gateway.commands.inject({ kind: 'delay', delayMs: 0, times: before });
    await gateway.commands.inject(fault);
    const isDone = await attempt.run();
    await gateway.commands.clearFaults();
    consequences.push({
      outcome: isDone ? 'done' : await attempt.recover(),
      problem: await attempt.problem(),
      isBystanderWell: await bystander.refresh(),
    });
  }
  return consequences;
}
