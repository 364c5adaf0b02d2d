import type { ProviderFacts } from '../../../lambda/providers/provider-facts';

/**
 * What the catalogue knows of a platform, as if all its hosts were this one. A demo platform has the paths of the real
 * one, so what connects here has been told nothing but what it would be told of the real one.
 */
export function relocated(facts: ProviderFacts, name: string, origin: string): ProviderFacts {
  const { id, oauth } = facts;
  const moved = JSON.stringify(oauth).replaceAll(/https:\/\/[a-z0-9.-]+/g, origin);
  return { id, name, oauth: JSON.parse(moved) as NonNullable<ProviderFacts['oauth']>, apiBaseUrl: origin };
}
