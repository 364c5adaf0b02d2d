// Runs a local gateway in a process of its own, so that a test can read every byte it logs. Speaks over the IPC channel.
import type { GatewayConfig } from '../../../lambda/config/gateway-config';
import type { Fault } from '../../../local/aws/fault-injector';
import type { FunctionName } from '../../../local/functions/invoker';
import { type LocalGateway, type LocalGatewayOptions, startLocalGateway } from '../../../local/gateway';

export interface Started {
  readonly url: string;
  readonly aws: { readonly endpoint: string; readonly env: Readonly<Record<string, string>> };
}

/** What the test may ask; one call at a time is enough for a test. */
export interface GatewayCommands {
  start(options: LocalGatewayOptions): Promise<Started>;
  /** What the functions were told, so that a test can start more of them. */
  config(): GatewayConfig;
  count(operation?: string): number;
  resetCounts(): void;
  inject(fault: Fault): void;
  clearFaults(): void;
  /** Invokes a function as AWS would. */
  invoke(name: FunctionName, event: object): Promise<unknown>;
  close(): Promise<void>;
}

let gateway: LocalGateway | undefined;

function running(): LocalGateway {
  if (!gateway) throw new Error('the gateway has not been started');
  return gateway;
}

const commands: GatewayCommands = {
  async start(options) {
    gateway = await startLocalGateway(options);
    return { url: gateway.url, aws: { endpoint: gateway.aws.endpoint, env: gateway.aws.env } };
  },
  config: () => running().config,
  count: (operation) => running().aws.calls.count(operation),
  resetCounts: () => running().aws.calls.reset(),
  inject: (fault) => running().aws.faults.inject(fault),
  clearFaults: () => running().aws.faults.clear(),
  invoke: (name, event) => running().invoke(name, event),
  close: () => running().close(),
};

process.on('message', async ({ id, name, args }: { id: number; name: keyof GatewayCommands; args: unknown[] }) => {
  try {
    const command = commands[name] as (...args: unknown[]) => unknown;
    process.send?.({ id, value: await command(...args) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
// The test ended, however it ended.
process.once('disconnect', () => process.exit(0));
