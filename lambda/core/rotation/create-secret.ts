import { err, ok } from '../result';
import { checkParts } from '../vault/check-parts';
import { preparePut } from '../vault/put-value';
import { PENDING } from '../vault/settle-labels';
import { keyNames } from './key-name';
import { openVersion } from './open-version';
import { backend, platformFailed, type Taken } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';
import { beforeSet } from './standing';

const DEADLINE_MS = 10_000;

/** Makes a key at the platform and puts it, sealed, as the pending version. What can fail without one is done before. */
export async function createSecret(key: RotatedKey, token: string, deps: RotationDeps): Promise<Taken> {
  const { shape, secretId, platform } = key;
  const standing = await beforeSet(key, token, deps);
  if (!standing.ok) return standing;
  if (standing.value === 'set') return ok('done_before');
  const hasValue = await isThere(key, token, deps);
  if (!hasValue.ok) return hasValue;
  if (hasValue.value) return ok('done_before');

  const current = await openVersion(key, standing.value.secretVersionId, deps);
  if (!current.ok) return current;
  const described = await platform.describe(current.value);
  if (!described.ok) return platformFailed('describe', described.error);
  const { kept } = described.value;
  if (kept === undefined) return err({ code: 'rights_unknown' });
  const put = await preparePut(secretId, shape, token, deps);
  if (!put.ok) return backend(put.error);

  const made = await platform.create(current.value, keyNames(deps.gatewayId, shape.provider).nameOf(token), kept);
  if (!made.ok) return platformFailed('create', made.error);
  const undo = async (): Promise<void> => {
    // Best effort: what stays is ended by the next rotation that succeeds.
    await platform.remove(current.value, made.value.id);
  };
  const parts = Object.fromEntries(shape.parts.map((part) => [part, made.value.key]));
  const problems = checkParts(parts, shape);
  if (problems.length > 0) {
    await undo();
    return err({ code: 'key_unusable', problems: problems.map(({ problem }) => problem) });
  }
  const added = await put.value(parts, PENDING);
  if (added.ok) return ok('done');
  return afterFailedPut(added.error);

  /** Another run may have been first, or the answer was lost and the value is there. */
  async function afterFailedPut(failure: Parameters<typeof backend>[0]): Promise<Taken> {
    const found = await openVersion(key, token, deps);
    if (found.ok && sameParts(found.value.parts, parts)) return ok('done');
    if (found.ok) {
      await undo();
      return ok('done_before');
    }
    // Whether ours is there is not known: a key in use must not be ended, one too many does no harm.
    if (found.error.code === 'backend') return backend(failure);
    await undo();
    return backend(failure);
  }
}

async function isThere({ secretId }: RotatedKey, token: string, { values, now }: RotationDeps) {
  const found = await values.fetch(secretId, token, now() + DEADLINE_MS);
  if (found.ok) return ok(true);
  return found.error.kind === 'not_found' ? ok(false) : backend(found.error);
}

function sameParts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return Object.keys(b).every((part) => a[part] === b[part]);
}
