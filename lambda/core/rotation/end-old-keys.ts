import type { OperatorKeyValue } from '../../contract/vault-record';
import { ok, type Result } from '../result';
import type { VersionLabels } from '../vault/vault-ports';
import { keyNames } from './key-name';
import { openVersion } from './open-version';
import { platformFailed, type RotationFailure } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';

interface Old {
  /** The version in use now. */
  readonly token: string;
  /** The one before, if it is known. */
  readonly previous: string | undefined;
  readonly labels: VersionLabels;
}

/**
 * Ends, at the platform, the key that was in use before, and what earlier attempts of this gateway have made and left. All
 * of it by the new key, so that nothing is ended by a key that does not work.
 */
export async function endOldKeys(
  key: RotatedKey,
  old: Old,
  deps: RotationDeps,
): Promise<Result<void, RotationFailure>> {
  const { platform, shape } = key;
  const { nameOf, tokenOf } = keyNames(deps.gatewayId, shape.provider);
  const current = await openVersion(key, old.token, deps);
  if (!current.ok) return current;
  const described = await platform.describe(current.value);
  if (!described.ok) return platformFailed('describe', described.error);
  const { id: ownId } = described.value;
  const listed = await platform.list(current.value);
  if (!listed.ok) return platformFailed('list', listed.error);

  const left = listed.value.filter(({ id, name }) => {
    const token = tokenOf(name);
    if (token === undefined || id === ownId) return false;
    // Without an id of its own, a key cannot be told from another made for the same version.
    if (token === old.token) return ownId !== undefined;
    // A rotation that has begun since has its label before it makes a key.
    return !old.labels.has(token) || token === old.previous;
  });
  const previous = await findPrevious(key, old.previous, current.value, deps);
  if (!previous.ok) return previous;
  const isListed = left.some(({ name }) => old.previous !== undefined && name === nameOf(old.previous));
  if (previous.value === 'unknown' && !isListed) {
    deps.warn({ event: 'rotation.old_key_left', provider: shape.provider, help: LEFT });
  }
  const ids = new Set(left.map(({ id }) => id));
  if (typeof previous.value === 'object') ids.add(previous.value.id);
  for (const id of ids) {
    if (id === ownId) continue;
    const removed = await platform.remove(current.value, id);
    if (!removed.ok) return platformFailed('remove', removed.error);
  }
  return ok(undefined);
}

const LEFT = 'The key that was in use before could not be told from others at the platform: end it there by hand.';

/** The key in the version before: its id, unless it has ended already, or the platform does not say which it is. */
async function findPrevious(
  key: RotatedKey,
  versionId: string | undefined,
  current: OperatorKeyValue,
  deps: RotationDeps,
): Promise<Result<{ readonly id: string } | 'ended' | 'unknown', RotationFailure>> {
  if (versionId === undefined) return ok('ended');
  const opened = await openVersion(key, versionId, deps);
  if (!opened.ok) return opened.error.code === 'backend' ? opened : ok('unknown');
  if (JSON.stringify(opened.value.parts) === JSON.stringify(current.parts)) return ok('ended');
  const described = await key.platform.describe(opened.value);
  if (described.ok) return ok(described.value.id === undefined ? 'unknown' : { id: described.value.id });
  const { kind, cause } = described.error;
  if (kind === 'unavailable') return platformFailed('describe', described.error);
  return ok(cause === 'status_401' ? 'ended' : 'unknown');
}
