import type { Fault } from '../../../local/aws/fault-injector';
import { type Consequence, meetEachCall } from '../sign-in/meet-faults';
import { type ConnectFaultScene, type FlowName, startConnectFaultScene } from './fault-flows';

/** Most of the time is spent waiting for repetitions: several gateways wait at once. */
const GATEWAYS = 4;

export interface FaultCase {
  readonly flow: FlowName;
  readonly how: string;
  readonly fault: Fault;
}

export interface FaultsMet {
  of(how: string, flow: FlowName): readonly Consequence[];
  readonly scenes: readonly ConnectFaultScene[];
  close(): Promise<void>;
}

/** Meets every call of every flow with every fault; the first case that throws is the one that is told. */
export async function meetAll(cases: readonly FaultCase[]): Promise<FaultsMet> {
  const found = new Map<string, readonly Consequence[]>();
  const scenes: ConnectFaultScene[] = [];
  const close = async () => {
    await Promise.all(scenes.map((scene) => scene.close()));
  };
  const next = cases.values();
  const work = async () => {
    const scene = await startConnectFaultScene();
    scenes.push(scene);
    for (const { flow, how, fault } of next) {
      try {
        found.set(`${how} ${flow}`, await meetEachCall(scene, flow, fault));
      } catch (error) {
        throw new Error(`${flow}, where AWS ${how}: ${error instanceof Error ? error.message : ''}`, { cause: error });
      }
    }
  };
  const settled = await Promise.allSettled(Array.from({ length: Math.min(GATEWAYS, cases.length) }, work));
  const failed = settled.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return { scenes, close, of: (how, flow) => found.get(`${how} ${flow}`) ?? [] };
}
