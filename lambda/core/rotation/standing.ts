import { err, ok, type Result } from '../result';
import { PENDING } from '../vault/settle-labels';
import type { LiveKey } from '../vault/vault-ports';
import { backend, type RotationFailure } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';

type Standing<T> = Promise<Result<T, RotationFailure>>;

export function readLive({ shape: { provider } }: RotatedKey, { records }: RotationDeps): Standing<LiveKey> {
  return records.read(provider).then((found) => {
    if (!found.ok) return backend(found.error);
    return found.value?.kind === 'live' ? ok(found.value) : err({ code: 'key_not_found' });
  });
}

/** Whether the record names this version, in use or as its candidate. */
export function isNamed(live: LiveKey, token: string): boolean {
  return live.secretVersionId === token || live.candidate?.secretVersionId === token;
}

/** How things stand before the new version is the candidate: the key it is to follow, or `set` where it is that already. */
export async function beforeSet(key: RotatedKey, token: string, deps: RotationDeps): Standing<LiveKey | 'set'> {
  const live = await readLive(key, deps);
  if (!live.ok) return live;
  if (isNamed(live.value, token)) return ok('set');
  const { candidate, secretId, status } = live.value;
  if (status !== 'active') return err({ code: 'key_disabled' });
  if (candidate !== undefined) return err({ code: 'rotation_under_way', startedAt: candidate.startedAt });
  if (secretId !== key.secretId) {
    return err({ code: 'vault_refused', refusal: { code: 'key_in_other_secret', provider: key.shape.provider } });
  }
  const labels = await deps.secrets.labels(secretId);
  if (!labels.ok) return backend(labels.error);
  // Whoever stores a key takes the label for theirs: what this rotation began with is no longer the key in use.
  return labels.value.get(token)?.includes(PENDING) ? live : err({ code: 'superseded' });
}
