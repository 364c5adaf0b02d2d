import { hash } from 'node:crypto';
import {
  type ProviderRegistration,
  type ProviderSecret,
  readProviderSecret,
  writeProviderSecret,
} from '../../core/connections/provider-secret';
import type { BackendFailure } from '../../core/ports';
import { RecordCache } from '../../core/record-cache';
import { err, ok, type Result } from '../../core/result';
import type { SecretDocuments } from '../aws/secrets-manager-documents';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** What proves the gateway to providers: the operator's client secrets, and what it registered itself. */
export interface ProviderSecrets {
  read(provider: string): Answer<ProviderSecret>;
  /** Makes the next `read` ask: a provider has refused what was read. */
  forget(provider: string): void;
  /** Keeps a registration; answers the one that is kept, which is another's if that was sooner. */
  keep(provider: string, registration: ProviderRegistration): Answer<ProviderRegistration>;
}

interface Known extends ProviderSecret {
  readonly versionId: string;
}

const BUDGET_MS = 3_000;
/** A secret that was replaced at the provider and here works after this, or at once where the old one is refused. */
const TTL_MS = 60_000;
const NONE = 'none';

/** @param secretIds provider -> Secrets Manager id; a provider without one has no secret */
export function providerSecrets(
  secretIds: Readonly<Record<string, string>>,
  documents: SecretDocuments,
  now: () => number,
): ProviderSecrets {
  /** Whose secret nobody has refused or replaced since it was read. */
  const good = new Set<string>();
  const cache = new RecordCache<string, Known, BackendFailure>({
    ttlMs: TTL_MS,
    maxEntries: 500,
    now,
    load: async (provider, previous, deadlineMs) => {
      const secretId = idOf(provider);
      const found = secretId === undefined ? ok(undefined) : await documents.read(secretId, deadlineMs);
      if (!found.ok) {
        // It worked a minute ago, and somebody's tokens may wait to be renewed or revoked by it.
        const isOurs = previous !== undefined && good.has(provider) && isPassing(found.error);
        return isOurs ? ok(previous) : found;
      }
      good.add(provider);
      const { text = '', versionId = NONE } = found.value ?? {};
      return ok({ ...readProviderSecret(text), versionId });
    },
  });

  return {
    read: async (provider) => cache.get(provider, now() + BUDGET_MS),
    forget,

    async keep(provider, registration) {
      const secretId = idOf(provider);
      if (secretId === undefined)
        return err({ service: 'secretsmanager', kind: 'not_found', name: 'NoProviderSecret' });
      const { issuer, redirectUri } = registration;
      // Somebody else may have been sooner before what was read, or between that and the write.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        forget(provider);
        const found = await cache.get(provider, now() + BUDGET_MS);
        if (!found.ok) return found;
        const { versionId, ...secret } = found.value;
        const sooner = usableRegistration(secret, issuer, redirectUri, now());
        if (sooner !== undefined) return ok(sooner);
        const text = writeProviderSecret({ ...secret, registrations: [registration, ...secret.registrations] });
        // Named after the version before it, so there is one next version, whoever writes it.
        const next = hash('sha256', `mcp client registration\0${versionId}`);
        const written = await documents.write(secretId, text, next, now() + BUDGET_MS);
        if (!written.ok) return written;
        forget(provider);
        if (written.value) return ok(registration);
      }
      return err({ service: 'secretsmanager', kind: 'unavailable', name: 'RegistrationContended' });
    },
  };

  function forget(provider: string): void {
    good.delete(provider);
    cache.invalidate(provider);
  }

  function idOf(provider: string): string | undefined {
    return Object.hasOwn(secretIds, provider) ? secretIds[provider] : undefined;
  }
}

function isPassing({ kind }: BackendFailure): boolean {
  return kind === 'throttled' || kind === 'unavailable';
}

/** A secret this close to its end is not begun with. */
const MARGIN_MS = 3_600_000;

/** The registration for an issuer and a redirect URI, if there is one that still works. */
export function usableRegistration(
  { registrations }: ProviderSecret,
  issuer: string,
  redirectUri: string,
  nowMs: number,
): ProviderRegistration | undefined {
  return registrations.find(
    (known) =>
      known.issuer === issuer &&
      known.redirectUri === redirectUri &&
      (known.secretExpiresAtMs === undefined || nowMs < known.secretExpiresAtMs - MARGIN_MS),
  );
}
