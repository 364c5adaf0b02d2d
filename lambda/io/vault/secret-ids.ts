/**
 * Which secret belongs to each provider, from the variable of this name. Fails when a provider that needs one has none:
 * configuration and environment then come from different deployments.
 */
export function parseSecretIds(variable: string, text: string, needed: Iterable<string>): ReadonlyMap<string, string> {
  const value: unknown = JSON.parse(text);
  const secrets = new Map(
    Object.entries(value ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
  const missing = [...needed].filter((provider) => !secrets.has(provider));
  if (missing.length === 0) return secrets;
  throw new Error(`${variable} names no secret for: ${missing.join(', ')}. Deploy the stack again.`);
}
