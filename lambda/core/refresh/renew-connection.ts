import type { ConnectionFacts, ConnectionRecord } from '../../contract/connection-record';
import { nextVersion } from '../connections/next-version';
import type { ConnectionContents } from '../connections/ports';
import type { ProviderTokens } from '../connections/provider-port';
import { type OpenConnection, sealAgain } from './open-connection';
import type { RefreshDeps } from './refresh-deps';

export interface ReceivedTokens extends ProviderTokens {
  readonly askedAtMs: number;
  readonly receivedAtMs: number;
}

/** Not every answer brings a refresh token: the old one stays then (RFC 6749 §6). */
export function renewSecrets(
  { salt, call, refresh }: OpenConnection,
  { accessToken, refreshToken, variables }: ProviderTokens,
): OpenConnection {
  const parts = { ...call.secrets.parts, access_token: accessToken };
  const old = refresh?.secrets;
  return {
    salt,
    call: { ...call, secrets: { ...call.secrets, parts } },
    ...(refresh && {
      refresh: {
        ...refresh,
        secrets: {
          ...old,
          ...(refreshToken && { refreshToken }),
          ...(old?.accessToken !== undefined && { accessToken }),
          ...(variables && { variables }),
        },
      },
    }),
  };
}

/** What is to be written, over which version. */
export interface Writing {
  readonly expected: number;
  readonly contents: ConnectionContents;
}

export function renewedContents(
  record: ConnectionRecord,
  expected: number,
  renewed: OpenConnection,
  { expiresAtMs, receivedAtMs, scopes, variables }: ReceivedTokens,
  deps: Pick<RefreshDeps, 'gatewayId' | 'randomBytes'>,
): Writing {
  const { lastError: _, unsettled: __, ...rest } = record.facts;
  const changed = { scopes, refreshedAtMs: receivedAtMs, failures: 0, ...(variables && { variables }) };
  const facts: ConnectionFacts = { ...rest, ...changed };
  const sealed = sealAgain(record, nextVersion(expected, facts), renewed, deps);
  return { expected, contents: { status: 'active', facts, ...sealed, tokenExpiresAtMs: expiresAtMs } };
}
