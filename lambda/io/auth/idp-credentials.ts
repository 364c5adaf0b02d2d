import { ENV } from '../../contract/env';
import type { BackendFailure, SecretSource } from '../../core/ports';
import { RecordCache } from '../../core/record-cache';
import type { IdpClientCredentials } from './idp-client-assertion';
import { kmsSigner } from './kms-signer';

type Environment = Readonly<Record<string, string | undefined>>;

const BUDGET_MS = 3_000;
/** A secret that was replaced at the IdP and here works after this. */
const TTL_MS = 60_000;

/** How the gateway proves to the company's identity provider who it is: by what the deployment gave it. */
export function idpCredentials(secrets: SecretSource, env: Environment, now: () => number): IdpClientCredentials {
  const { [ENV.idpClientSecret]: secretId, [ENV.idpClientKeyArn]: keyArn } = env;
  const signer = kmsSigner({ env });
  return {
    ...(secretId ? { secret: cachedSecret(secrets, secretId, now) } : {}),
    ...(keyArn ? { clientKey: { algorithm: 'ES256', sign: (input) => signer.sign({ keyArn }, input) } } : {}),
  };
}

function cachedSecret(secrets: SecretSource, secretId: string, now: () => number) {
  const cache = new RecordCache<'secret', string, BackendFailure>({
    ttlMs: TTL_MS,
    maxEntries: 1,
    now,
    load: (_key, _previous, deadlineMs) => secrets.fetch(secretId, undefined, deadlineMs),
  });
  return async () => cache.get('secret', now() + BUDGET_MS);
}
