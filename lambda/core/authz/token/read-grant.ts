import type { GrantRecord, SwitchRecord } from '../../../contract/auth-record';
import { grantStateKeys } from '../../grant-state';
import { ok, type Result } from '../../result';
import { clientHash } from '../clients/client';
import type { OAuthError } from '../oauth-error';
import type { AuthStore } from '../ports';
import type { FoundGrant } from './redemption';
import { backendFailed } from './refusals';

/** A grant and everything that can have switched it off, in one round trip. */
export async function readGrant(
  { subject, grantId }: { readonly subject: string; readonly grantId: string },
  clientId: string,
  store: Pick<AuthStore, 'read'>,
): Promise<Result<FoundGrant, OAuthError>> {
  const read = await store.read(grantStateKeys(subject, grantId, clientHash(clientId)));
  if (!read.ok) return { ok: false, error: backendFailed(read.error) };
  const [grant, ...switches] = read.value;
  return ok({
    grant: grant?.record as GrantRecord | undefined,
    version: grant?.version,
    switches: switches.map((one) => one?.record as SwitchRecord | undefined),
  });
}
