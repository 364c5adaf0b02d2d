import type { GatewayConfig } from '../../config/gateway-config';
import { err, type Result } from '../result';
import type { Problem } from './check-parts';
import type { SecretVersions } from './vault-ports';
import type { VaultRefusal } from './vault-refusal';

/** RFC 6749 appendix A.2: a client secret is printable ASCII. */
const CLIENT_SECRET = /^[\x20-\x7e]+$/;
/** Room for a signed JWT, which some platforms take for one. */
const MAX_BYTES = 8 * 1024;

export interface ClientSecretDeps {
  /** Provider -> the secret that holds the gateway's client secret there. */
  readonly clientSecretIds: ReadonlyMap<string, string>;
  readonly secrets: Pick<SecretVersions, 'add'>;
  readonly randomId: () => string;
}

/** Providers at which the gateway is a client with a secret, in alphabetical order. */
export function clientSecretProviders({ providers = [] }: Pick<GatewayConfig, 'providers'>): readonly string[] {
  return providers.flatMap(({ name, client }) => (client?.isPublic === false ? [name] : [])).sort();
}

/** Every problem of a client secret; none of them quotes it. */
export function checkClientSecret(value: unknown): readonly Problem[] {
  if (typeof value !== 'string') {
    return [{ problem: '"clientSecret" is not a string', fix: 'send {"clientSecret": "…"} as the platform shows it' }];
  }
  if (value === '') return [{ problem: '"clientSecret" is empty', fix: 'copy it from the platform again' }];
  const found: Problem[] = [];
  if (value.trim() !== value) {
    found.push({
      problem: '"clientSecret" begins or ends with white space',
      fix: 'trim it: it was probably copied along',
    });
  }
  if (!CLIENT_SECRET.test(value.trim())) {
    found.push({
      problem: '"clientSecret" has a character other than printable ASCII',
      fix: 'copy it again: no platform issues one with a line break or another alphabet',
    });
  }
  if (Buffer.byteLength(value) > MAX_BYTES) {
    found.push({ problem: '"clientSecret" is larger than 8 KB', fix: 'check that it is the secret and not a file' });
  }
  return found;
}

/**
 * Replaces the client secret of a provider. Nobody can read it back here; the version before stays with Secrets Manager
 * as AWSPREVIOUS, for who has to go back.
 */
export async function storeClientSecret(
  provider: string,
  clientSecret: string,
  { clientSecretIds, secrets, randomId }: ClientSecretDeps,
): Promise<Result<void, VaultRefusal>> {
  const secretId = clientSecretIds.get(provider);
  if (secretId === undefined) throw new Error(`no secret for the client of ${provider}`);
  const added = await secrets.add(secretId, randomId(), JSON.stringify({ clientSecret }), 'AWSCURRENT');
  return added.ok ? added : err({ code: 'backend', failure: added.error });
}
