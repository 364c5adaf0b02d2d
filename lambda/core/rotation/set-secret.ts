import { err, ok } from '../result';
import { nameCandidate } from '../vault/rotate-key';
import { openVersion } from './open-version';
import type { Taken } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';
import { beforeSet } from './standing';

/** Who the record says changed it. */
export const ACTOR = 'rotation';

/** Makes the new version the record's candidate: from now on a call whose key is refused is sent again with it. */
export async function setSecret(key: RotatedKey, token: string, deps: RotationDeps): Promise<Taken> {
  const standing = await beforeSet(key, token, deps);
  if (!standing.ok) return standing;
  if (standing.value === 'set') return ok('done_before');
  // What does not open must not be named: calls would try it.
  const opened = await openVersion(key, token, deps);
  if (!opened.ok) return opened;
  const { version: expectedVersion } = standing.value;
  const named = await nameCandidate({ shape: key.shape, expectedVersion, actor: ACTOR }, token, deps);
  return named.ok ? ok('done') : err({ code: 'vault_refused', refusal: named.error });
}
