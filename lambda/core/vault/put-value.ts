import { operatorContext } from '../../contract/vault-record';
import type { BackendFailure } from '../ports';
import { ok, type Result } from '../result';
import type { VaultDeps } from './change-key';
import type { KeyShape } from './key-shape';
import { sealValue } from './seal-value';
import { settleLabels } from './settle-labels';

/** Seals the parts of a key under a version's id, and puts them there under a label. Gives the version's id. */
export type PutValue = (
  parts: Readonly<Record<string, string>>,
  label: string,
) => Promise<Result<string, BackendFailure>>;

/**
 * Seals a value and puts it as a version of the provider's secret that no record names yet. `label` keeps it there, and
 * comes off whatever has it: that is why labels are settled first.
 *
 * @returns the id of the version
 */
export async function putValue(
  secretId: string,
  shape: Pick<KeyShape, 'provider' | 'origins'>,
  parts: Readonly<Record<string, string>>,
  label: string,
  deps: VaultDeps,
): Promise<Result<string, BackendFailure>> {
  const put = await preparePut(secretId, shape, deps.randomId(), deps);
  return put.ok ? put.value(parts, label) : put;
}

/** Does all of that which can be done before the value is known. What it gives is for one value. */
export async function preparePut(
  secretId: string,
  { provider, origins }: Pick<KeyShape, 'provider' | 'origins'>,
  versionId: string,
  deps: VaultDeps,
): Promise<Result<PutValue, BackendFailure>> {
  const context = operatorContext(deps.gatewayId, provider);
  const dataKey = await deps.dataKeys.make(context);
  if (!dataKey.ok) return dataKey;
  const healed = await settleLabels(provider, secretId, deps);
  if (!healed.ok) return healed;
  return ok(async (parts, label) => {
    const sealed = sealValue({ provider, origins, parts }, dataKey.value, deps.randomBytes(12), context, versionId);
    dataKey.value.plaintext.fill(0);
    const added = await deps.secrets.add(secretId, versionId, JSON.stringify(sealed), label);
    return added.ok ? ok(versionId) : added;
  });
}
