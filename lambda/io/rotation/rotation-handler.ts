import type { RotatedKey, RotationDeps } from '../../core/rotation/rotation-ports';
import { serveRotation } from '../../core/rotation/serve-rotation';

/** The rotation function. It throws where a step was not taken: that is how Secrets Manager learns of it. */
export function rotationHandler(
  keys: readonly RotatedKey[],
  deps: RotationDeps,
  log: (fields: Readonly<Record<string, unknown>>) => void,
): (event: unknown) => Promise<void> {
  return async (event) => {
    const { outcome, audit } = await serveRotation(event, keys, deps);
    log({ ...audit });
    if (!outcome.ok) throw new Error(outcome.error);
  };
}
