import { type OperatorKeyValue, operatorContext } from '../../contract/vault-record';
import { err, ok, type Result } from '../result';
import { openValue, parseSealedValue } from '../vault/open-value';
import { backend, type RotationFailure } from './rotation-failure';
import type { RotatedKey, RotationDeps } from './rotation-ports';

/** Of each of the two calls. */
const DEADLINE_MS = 10_000;

/** The key in one version of its secret, if it may be sent to the platform's API. */
export async function openVersion(
  { shape: { provider }, secretId, origin }: RotatedKey,
  versionId: string,
  deps: Pick<RotationDeps, 'gatewayId' | 'values' | 'openKeys' | 'now'>,
): Promise<Result<OperatorKeyValue, RotationFailure>> {
  const text = await deps.values.fetch(secretId, versionId, deps.now() + DEADLINE_MS);
  if (!text.ok) return text.error.kind === 'not_found' ? err({ code: 'key_unreadable' }) : backend(text.error);
  const sealed = parseSealedValue(text.value);
  if (!sealed.ok) return err({ code: 'key_unreadable' });
  const context = operatorContext(deps.gatewayId, provider);
  const wrapped = Buffer.from(sealed.value.wrappedKey, 'base64');
  const dataKey = await deps.openKeys.unwrap(wrapped, context, deps.now() + DEADLINE_MS);
  if (!dataKey.ok) return dataKey.error.kind === 'invalid' ? err({ code: 'key_unreadable' }) : backend(dataKey.error);
  const opened = openValue(sealed.value, dataKey.value, context, versionId);
  if (!opened.ok || opened.value.provider !== provider) return err({ code: 'key_unreadable' });
  // A deployment that points the rotation elsewhere must not carry the key along.
  return opened.value.origins.includes(origin) ? ok(opened.value) : err({ code: 'key_not_bound' });
}
