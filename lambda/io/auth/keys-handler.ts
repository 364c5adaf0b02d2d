import { parseKeysRequest } from '../../core/keys/parse-keys-request';
import { type KeysReport, type RotationDeps, rotateKeys } from '../../core/keys/rotate-keys';

/**
 * The keys function: by schedule, and by the operator's hand. It throws where it could not do what it was asked, so
 * that the schedule tries again and the operator sees it.
 */
export function keysHandler(
  deps: RotationDeps,
  log: (fields: Readonly<Record<string, unknown>>) => void,
): (event: unknown) => Promise<KeysReport> {
  return async (event) => {
    const request = parseKeysRequest(event);
    if (request === undefined) {
      throw new Error(
        'not an action: send {"action":"rotate"}, {"action":"rotate","now":true} or {"action":"maintain"}',
      );
    }
    const line = { event: `keys.${request.action}`, time: new Date(deps.now()).toISOString(), ...request };
    const done = await rotateKeys(request, deps);
    if (done.ok) {
      log({ ...line, ...done.value });
      return done.value;
    }
    const { service, kind, name } = done.error;
    log({ ...line, outcome: 'failed', cause: `${service} ${name}` });
    const isPassing = kind === 'throttled' || kind === 'unavailable';
    const help = isPassing
      ? 'invoke it again, it goes on where it stopped'
      : 'check that its role may use the auth table and manage keys with the tag mcp:gateway of this gateway';
    throw new Error(`the keys were not rotated: ${service} answered ${name}; ${help}`);
  };
}
