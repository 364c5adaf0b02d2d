import type { ProviderFacts } from '../providers/provider-facts';
import { type ConfigProblem, Field } from './field';
import { readProviderFacts } from './read-provider-facts';

/** Everything that is wrong with what is said of a platform. */
export function checkProvider(facts: ProviderFacts): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  readProviderFacts(new Field('', facts, problems));
  return problems;
}
