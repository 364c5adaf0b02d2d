import { ENV } from '../../contract/env';

/**
 * Which secret holds each provider's key. Fails when a configured provider has none: configuration and
 * environment then come from different deployments.
 */
export function parseOperatorSecrets(text: string, providers: Iterable<string>): ReadonlyMap<string, string> {
  const value: unknown = JSON.parse(text);
  const secrets = new Map(
    Object.entries(value ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
  const missing = [...providers].filter((provider) => !secrets.has(provider));
  if (missing.length === 0) return secrets;
  throw new Error(`${ENV.operatorSecrets} names no secret for: ${missing.join(', ')}. Deploy the stack again.`);
}
