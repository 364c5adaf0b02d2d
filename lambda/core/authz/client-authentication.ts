import type { AuthorizationServerConfig } from '../../config/gateway-config';
import { PATHS } from '../../contract/paths';
import { err, ok, type Result } from '../result';
import {
  type AssertionKeys,
  assertionProblem,
  type JwtVerifier,
  type OnceUse,
  onceUse,
  unverifiedClaims,
  verifyWithKeys,
} from './assertion';
import type { Client } from './clients/client';
import type { ClientDirectory } from './clients/client-directory';
import { type AuthzRequest, type Parameters, single } from './http';
import { type OAuthError, oauthError } from './oauth-error';

/** Who asks, as far as the request alone proves it. */
export interface Caller {
  readonly clientId: string;
  /**
   * As it is known now. Absent where a client the operator did not enter only says its id: what it was when the person
   * consented is in the grant, and looking it up again would be a second read.
   */
  readonly client: Client | undefined;
  /** A signed assertion came; it counts once it is used up. */
  readonly assertion: OnceUse | undefined;
}

export interface AuthenticationDeps {
  readonly issuer: string;
  readonly config: Pick<AuthorizationServerConfig, 'clients'>;
  readonly clients: ClientDirectory;
  readonly assertions: AssertionKeys;
  readonly jwt: JwtVerifier;
  readonly now: () => number;
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MAX_LIFETIME_S = 3_600;
const MAX_JWT_LENGTH = 16_384;
const MAX_CLIENT_ID_LENGTH = 2_048;

/** An access token or an identity assertion has a type of its own, and is no proof of a client (RFC 8725 §3.11). */
const ASSERTION_TYPES = ['jwt', 'client-authentication+jwt', undefined];

/**
 * Authenticates a client by `none` or `private_key_jwt`. There are no shared secrets here: one that comes all the same
 * is refused, so that nobody relies on a check that does not happen.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export async function authenticateClient(
  { headers }: Pick<AuthzRequest, 'headers'>,
  parameters: Parameters,
  deps: AuthenticationDeps,
): Promise<Result<Caller, OAuthError>> {
  if (headers['authorization'] !== undefined) return refuse('authorization header');
  if (parameters['client_secret'] !== undefined) return refuse('client_secret');
  const type = single(parameters, 'client_assertion_type');
  const jwt = single(parameters, 'client_assertion');
  const clientId = single(parameters, 'client_id');
  if (clientId !== undefined && clientId.length > MAX_CLIENT_ID_LENGTH) return refuse('client_id too long');
  if (type !== undefined || jwt !== undefined) {
    return type === JWT_BEARER && jwt !== undefined
      ? provenCaller(jwt, clientId, deps)
      : refuse('client_assertion and its type do not fit');
  }
  return clientId === undefined ? refuse('no client_id') : claimedCaller(clientId, deps);
}

async function claimedCaller(clientId: string, deps: AuthenticationDeps): Promise<Result<Caller, OAuthError>> {
  // Only the operator's own entries are at hand without reading anything.
  const isRegistered = deps.config.clients.some((client) => client.clientId === clientId);
  if (!isRegistered) return ok({ clientId, client: undefined, assertion: undefined });
  const client = await findClient(clientId, deps.clients);
  if (!client.ok) return client;
  // Whoever has a key may not come without it: anybody knows a client id.
  if (client.value.authentication !== 'none') return refuse('assertion missing');
  return ok({ clientId, client: client.value, assertion: undefined });
}

async function provenCaller(
  jwt: string,
  claimedId: string | undefined,
  deps: AuthenticationDeps,
): Promise<Result<Caller, OAuthError>> {
  const clientId = jwt.length > MAX_JWT_LENGTH ? undefined : unverifiedSubject(jwt);
  if (clientId === undefined) return refuse('client_assertion malformed');
  if (claimedId !== undefined && claimedId !== clientId) return refuse('client_id is not the subject');
  const found = await findClient(clientId, deps.clients);
  if (!found.ok) return found;
  const client = found.value;
  const verified = await verifyWithKeys(
    jwt,
    ASSERTION_TYPES,
    (newer) => deps.assertions.forClient(client, newer),
    deps.jwt,
  );
  if (!verified.ok) {
    const { error } = verified;
    if (typeof error === 'object') return err(unavailable(`${error.service} ${error.name}`));
    return error === 'unreachable' ? err(unavailable('client keys')) : refuse(`client_assertion ${error}`);
  }
  const claims = verified.value;
  const expected = {
    issuer: clientId,
    audiences: [deps.issuer, deps.issuer + PATHS.token],
    maxLifetimeS: MAX_LIFETIME_S,
  };
  const problem = claims['sub'] === clientId ? assertionProblem(claims, expected, deps.now()) : 'sub';
  if (problem !== undefined) return refuse(`client_assertion ${problem}`);
  return ok({ clientId, client, assertion: onceUse('client', claims) });
}

/** Whose keys to try; nothing else is believed before the signature is verified. */
function unverifiedSubject(jwt: string): string | undefined {
  const { sub } = unverifiedClaims(jwt);
  return typeof sub === 'string' && sub !== '' && sub.length <= MAX_CLIENT_ID_LENGTH ? sub : undefined;
}

export async function findClient(clientId: string, clients: ClientDirectory): Promise<Result<Client, OAuthError>> {
  const found = await clients.find(clientId);
  if (found.ok) return found;
  const { kind, cause } = found.error;
  if (kind === 'unavailable' || kind === 'document_unreachable') return err(unavailable(`client ${kind}: ${cause}`));
  return refuse(`client ${kind}: ${cause}`);
}

/** The same words whichever check failed. */
export function invalidClient(cause: string): OAuthError {
  return oauthError('invalid_client', 'The client is unknown or did not authenticate as it has to.', cause);
}

export function unavailable(cause: string): OAuthError {
  return oauthError('temporarily_unavailable', 'The gateway cannot answer right now; send the request again.', cause);
}

function refuse(cause: string): Result<never, OAuthError> {
  return err(invalidClient(cause));
}
