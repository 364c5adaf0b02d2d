import { ok } from '../result';
import { settleLabels } from '../vault/settle-labels';
import { openVersion } from './open-version';
import { backend, platformFailed, type Taken } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';
import { isNamed, readLive } from './standing';

/** A platform may take a while until all of it knows a key it has made. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Asks the platform about the new key, with the new key. Secrets Manager also takes this step alone, with a copy of whatever
 * the secret holds, when rotation is configured: then there is nothing to test, and an empty vault is no fault.
 */
export async function testSecret(key: RotatedKey, token: string, deps: RotationDeps): Promise<Taken> {
  const live = await readLive(key, deps);
  if (!live.ok && live.error.code !== 'key_not_found') return live;
  if (!live.ok || !isNamed(live.value, token)) {
    // What configured the rotation may have put a value of its own in front of the key's.
    const settled = await settleLabels(key.shape.provider, key.secretId, deps);
    return settled.ok ? ok('nothing_to_test') : backend(settled.error);
  }
  const opened = await openVersion(key, token, deps);
  if (!opened.ok) return opened;
  let described = await key.platform.describe(opened.value);
  for (const wait of WAITS_MS) {
    if (described.ok) break;
    await deps.sleep(wait);
    described = await key.platform.describe(opened.value);
  }
  return described.ok ? ok('done') : platformFailed('test', described.error);
}
