import type { Result } from '../result';
import { err, ok } from '../result';
import { createSecret } from './create-secret';
import { finishSecret } from './finish-secret';
import { parseRotationEvent, type RotationStep } from './parse-rotation-event';
import { describeFailure, type RotationFailure, type Taken } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';
import { setSecret } from './set-secret';
import { testSecret } from './test-secret';

const STEPS: Readonly<Record<RotationStep, (key: RotatedKey, token: string, deps: RotationDeps) => Promise<Taken>>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

/** What the log keeps of a step. */
export interface RotationAudit {
  readonly event: string;
  readonly time: string;
  readonly provider: string | undefined;
  readonly secretVersionId: string | undefined;
  /** What became of it, or the code of the failure. */
  readonly outcome: string;
  /** What happened and what to do, where it failed. */
  readonly help?: string;
}

/**
 * One step of Secrets Manager's rotation. `error` is what the function fails with: Secrets Manager tells a step that failed
 * from one that was taken by nothing else.
 */
export async function serveRotation(
  event: unknown,
  keys: readonly RotatedKey[],
  deps: RotationDeps,
): Promise<{ readonly outcome: Result<void, string>; readonly audit: RotationAudit }> {
  const time = new Date(deps.now()).toISOString();
  const request = parseRotationEvent(event);
  const key = request && keys.find(({ secretId }) => isSecret(secretId, request.secretId));
  if (request === undefined || key === undefined) {
    // What was sent instead may hold anything, and is not quoted.
    const help = request === undefined ? 'not a rotation event' : 'not a secret this function rotates';
    const audit = { event: 'rotation.unknown', time, provider: undefined, secretVersionId: undefined };
    return { outcome: err(help), audit: { ...audit, outcome: 'invalid_request', help } };
  }
  const { step, token } = request;
  const taken = await STEPS[step](key, token, deps);
  const audit = { event: `rotation.${step}`, time, provider: key.shape.provider, secretVersionId: token };
  if (taken.ok) return { outcome: ok(undefined), audit: { ...audit, outcome: taken.value } };
  const { code }: RotationFailure = taken.error;
  const help = describeFailure(taken.error);
  return { outcome: err(`${code}: ${help}`), audit: { ...audit, outcome: code, help } };
}

/** Secrets Manager names secrets by their whole ARN; a secret may have been given to the stack without its suffix. */
function isSecret(known: string, asked: string): boolean {
  return asked === known || (asked.startsWith(`${known}-`) && /^[A-Za-z0-9]{6}$/.test(asked.slice(known.length + 1)));
}
