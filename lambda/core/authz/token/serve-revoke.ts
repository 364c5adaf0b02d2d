import type { GrantRecord } from '../../../contract/auth-record';
import { err, ok, type Result } from '../../result';
import { ACCESS_TOKEN_TYPE } from '../access-token';
import { useOnce } from '../assertion';
import { authenticateClient, type Caller, invalidClient } from '../client-authentication';
import { clientHash } from '../clients/client';
import { type AuthzAnswer, type AuthzRequest, jsonAnswer, single } from '../http';
import { errorAnswer, type OAuthError } from '../oauth-error';
import { openRefreshToken } from '../refresh-token';
import { revokeGrant } from '../revoke-grant';
import { jwksAt } from '../signing-key';
import { methodNotAllowed, openToPages } from './open-answer';
import { readFormRequest } from './read-form-request';
import { readGrant } from './read-grant';
import { backendFailed, missingParameter } from './refusals';
import type { TokenDeps } from './token-deps';

interface NamedGrant {
  readonly subject: string;
  readonly grantId: string;
}

/**
 * Serves `POST /revoke`: a refresh token of any generation, or an access token that is still good, ends the whole
 * grant. Whatever else comes is over already, as far as this client may know, and answered the same.
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2
 */
export async function serveRevoke(request: AuthzRequest, deps: TokenDeps): Promise<AuthzAnswer> {
  if (request.method !== 'POST') return methodNotAllowed('POST');
  const outcome = await revoke(request, deps);
  deps.log({
    event: 'auth.revoke',
    ...(outcome.ok ? outcome.value : { outcome: outcome.error.error, cause: outcome.error.cause }),
    requestId: request.requestId,
  });
  return openToPages(outcome.ok ? jsonAnswer(200, {}) : errorAnswer(outcome.error));
}

type Outcome = Result<{ readonly outcome: 'revoked' | 'nothing'; readonly clientHash: string }, OAuthError>;

async function revoke(request: AuthzRequest, deps: TokenDeps): Promise<Outcome> {
  const parameters = readFormRequest(request);
  if (!parameters.ok) return parameters;
  const caller = await authenticateClient(request, parameters.value, deps);
  if (!caller.ok) return caller;
  const token = single(parameters.value, 'token');
  if (token === undefined) return err(missingParameter('token'));

  // `token_type_hint` is not needed: one look tells which of the two it can be.
  const named = await (token.startsWith('rt1.') ? ofRefreshToken : ofAccessToken)(token, caller.value, deps);
  if (!named.ok) return named;
  const found = named.value && (await readGrant(named.value, caller.value.clientId, deps.store));
  if (found?.ok === false) return found;
  const grant = found?.value.grant;
  const isOwn = grant?.client.clientId === caller.value.clientId;
  if (isOwn && !mayActFor(grant, caller.value)) return err(invalidClient('assertion missing'));

  const { assertion } = caller.value;
  const used = assertion === undefined ? ok(undefined) : await useOnce(assertion, deps);
  if (!used.ok) {
    return err(used.error === 'already_used' ? invalidClient('assertion used before') : backendFailed(used.error));
  }
  const by = { outcome: 'nothing', clientHash: clientHash(caller.value.clientId) } as const;
  if (!isOwn || grant.phase === 'revoked') return ok(by);
  const { clientId } = caller.value;
  const revoked = await revokeGrant(deps, grant.person.subject, grant.grantId, { reason: 'client', by: clientId });
  return revoked.ok ? ok({ ...by, outcome: 'revoked' }) : err(backendFailed(revoked.error));
}

function mayActFor({ client }: GrantRecord, { assertion }: Caller): boolean {
  return client.authentication === 'none' || assertion !== undefined;
}

async function ofRefreshToken(
  token: string,
  { clientId }: Caller,
  { tokenKey }: TokenDeps,
): Promise<Result<NamedGrant | undefined, OAuthError>> {
  const key = await tokenKey();
  return key.ok ? ok(openRefreshToken(key.value, token, clientId)) : err(backendFailed(key.error));
}

async function ofAccessToken(
  token: string,
  { clientId }: Caller,
  { keys, jwt, issuer, now }: TokenDeps,
): Promise<Result<NamedGrant | undefined, OAuthError>> {
  const known = await keys.current();
  if (!known.ok) return err(backendFailed(known.error));
  const verified = await jwt.verify(token, jwksAt(known.value, now()), [ACCESS_TOKEN_TYPE]);
  if (!verified.ok) return ok(undefined);
  const { iss, client_id: namedClient, exp, sub, sid } = verified.value;
  const isOwn = iss === issuer && namedClient === clientId && typeof exp === 'number' && now() < exp * 1000;
  return ok(isOwn && typeof sub === 'string' && typeof sid === 'string' ? { subject: sub, grantId: sid } : undefined);
}
