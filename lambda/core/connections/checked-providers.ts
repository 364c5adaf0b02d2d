import { Field } from '../../config/field';
import { formatProblems } from '../../config/format-problems';
import type { GatewayConfig, ProviderConfig } from '../../config/gateway-config';
import { readProviders } from '../../config/read-provider';

/**
 * The platforms people connect, by name. Checked once more at cold start, as what arrived decides where secrets go;
 * throws with every problem listed.
 */
export function checkedProviders({ providers = [] }: GatewayConfig): ReadonlyMap<string, ProviderConfig> {
  const problems: ConstructorParameters<typeof Field>[2] = [];
  const read = readProviders(new Field('providers', providers, problems));
  if (problems.length > 0) throw new Error(formatProblems(problems));
  return new Map(read.map(({ provider }) => [provider.name, provider]));
}
