import { err, ok } from '../result';
import { confirmRotation } from '../vault/rotate-key';
import { settleLabels } from '../vault/settle-labels';
import { endOldKeys } from './end-old-keys';
import { backend, type Taken } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';
import { ACTOR } from './set-secret';
import { readLive } from './standing';

/** What Secrets Manager puts on the version that AWSCURRENT leaves. */
const PREVIOUS = 'AWSPREVIOUS';

/** Makes the candidate the key in use, and ends the one before when nobody uses it any more. */
export async function finishSecret(key: RotatedKey, token: string, deps: RotationDeps): Promise<Taken> {
  const { shape, secretId } = key;
  const live = await readLive(key, deps);
  if (!live.ok) return live;
  const { candidate, secretVersionId, version: expectedVersion } = live.value;
  const isConfirmed = secretVersionId === token;
  if (!isConfirmed) {
    if (candidate?.secretVersionId !== token) return err({ code: 'superseded' });
    const command = { operation: 'confirm', shape, expectedVersion, actor: ACTOR } as const;
    const confirmed = await confirmRotation(command, deps);
    if (!confirmed.ok) return err({ code: 'vault_refused', refusal: confirmed.error });
  }
  // Secrets Manager takes the rotation for done when AWSCURRENT is on its version: not before.
  const settled = await settleLabels(shape.provider, secretId, deps);
  if (!settled.ok) return backend(settled.error);
  const labels = await deps.secrets.labels(secretId);
  if (!labels.ok) return backend(labels.error);
  const previous = isConfirmed ? [...labels.value].find(([, on]) => on.includes(PREVIOUS))?.[0] : secretVersionId;

  // Also where it was confirmed by an attempt that died: how long ago is not known.
  await deps.sleep(deps.oldKeyMs);
  const ended = await endOldKeys(key, { token, previous, labels: labels.value }, deps);
  if (!ended.ok) return ended;
  return ok(isConfirmed ? 'done_before' : 'done');
}
