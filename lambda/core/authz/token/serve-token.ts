import { GRANT_TYPES } from '../../../contract/authorization-server';
import { err, ok, type Result } from '../../result';
import { type OnceUse, useOnce } from '../assertion';
import { authenticateClient, type Caller, findClient, invalidClient, unavailable } from '../client-authentication';
import { clientHash } from '../clients/client';
import { type AuthzAnswer, type AuthzRequest, jsonAnswer, type Parameters, single } from '../http';
import { errorAnswer, type OAuthError, oauthError } from '../oauth-error';
import { revokeGrant } from '../revoke-grant';
import { assertionGrant } from './assertion-grant';
import { type Signed, signFor, tokenBody } from './issue-token';
import { machineGrant } from './machine-grant';
import { methodNotAllowed, openToPages } from './open-answer';
import { readFormRequest } from './read-form-request';
import { readGrant } from './read-grant';
import { redeemCode } from './redeem-code';
import type { Decision, Issue, Redemption } from './redemption';
import { refreshGrant } from './refresh-grant';
import { backendFailed, invalidGrant, missingParameter } from './refusals';
import type { TokenDeps } from './token-deps';

export type { TokenDeps } from './token-deps';

type Step = (parameters: Parameters, caller: Caller, deps: TokenDeps) => Promise<Result<Redemption, OAuthError>>;

const GRANTS: ReadonlyMap<string, Step> = new Map([
  [GRANT_TYPES.authorizationCode, redeemCode],
  [GRANT_TYPES.refreshToken, refreshGrant],
  [GRANT_TYPES.clientCredentials, machineGrant],
  [GRANT_TYPES.jwtBearer, assertionGrant],
]);

/**
 * Each means that somebody else's write got through, and what it left is not to be written again; or that a machine
 * ended its own grant, which a job may do at its end, several times within the life of a token.
 */
const MAX_TRIES = 16;

/** What counts once, and has not been used up yet. */
interface Unused {
  readonly assertion?: OnceUse | undefined;
  readonly once?: OnceUse | undefined;
}

/** What the log says beside the outcome. */
interface Trail {
  grantType?: string;
  clientHash?: string;
  subject?: string;
  grantId?: string;
}

/**
 * Serves `POST /token`.
 *
 * One read, one signature, one conditional write, in this order: what fails before the write has used nothing up, and
 * of any number of equal requests at once only the one whose write is first goes by what it read.
 */
export async function serveToken(request: AuthzRequest, deps: TokenDeps): Promise<AuthzAnswer> {
  if (request.method !== 'POST') return methodNotAllowed('POST');
  const trail: Trail = {};
  const outcome = await answerTo(request, deps, trail);
  deps.log({
    event: 'auth.token',
    outcome: outcome.ok ? 'issued' : outcome.error.error,
    ...(outcome.ok ? {} : { cause: outcome.error.cause }),
    ...trail,
    requestId: request.requestId,
  });
  return openToPages(outcome.ok ? jsonAnswer(200, outcome.value) : errorAnswer(outcome.error));
}

async function answerTo(request: AuthzRequest, deps: TokenDeps, trail: Trail): Promise<Result<object, OAuthError>> {
  const parameters = readFormRequest(request);
  if (!parameters.ok) return parameters;
  const grantType = single(parameters.value, 'grant_type');
  if (grantType === undefined) return err(missingParameter('grant_type'));
  const step = GRANTS.get(grantType);
  if (step === undefined)
    return err(oauthError('unsupported_grant_type', 'This grant type is not supported.', 'unknown'));
  trail.grantType = grantType;
  const caller = await authenticateClient(request, parameters.value, deps);
  if (!caller.ok) return caller;
  trail.clientHash = clientHash(caller.value.clientId);
  const redemption = await step(parameters.value, caller.value, deps);
  if (!redemption.ok) return refuse(redemption.error, caller.value, caller.value, deps);
  trail.subject = redemption.value.subject;
  trail.grantId = redemption.value.grantId;
  return redeem(redemption.value, caller.value, deps);
}

async function redeem(redemption: Redemption, caller: Caller, deps: TokenDeps): Promise<Result<object, OAuthError>> {
  let signed: Signed | undefined;
  let unused: Unused = { assertion: caller.assertion, once: redemption.once };
  let { grantId } = redemption;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const found = await readGrant({ ...redemption, grantId }, caller.clientId, deps.store);
    if (!found.ok) return found;
    const decision = redemption.decide(found.value, deps.now(), grantId);
    if (decision.kind === 'succeeded') {
      grantId = decision.grantId;
      continue;
    }
    if (decision.kind === 'refuse') return refuse(decision.error, caller, unused, deps);
    if (decision.kind === 'reused') return endReused(decision, redemption, caller, unused, deps);
    // What was signed before a race was lost serves as well: it says the same of the same grant.
    if (signed?.grantId !== decision.grant.grantId) {
      const fresh = await signFor(decision, deps);
      if (!fresh.ok) return fresh;
      signed = fresh.value;
    }
    const ready = await useUp(unused, deps);
    if (!ready.ok) return ready;
    unused = {};
    const won = await commit(decision, deps);
    if (!won.ok) return won;
    if (won.value) return ok(tokenBody(signed, decision));
  }
  return err(unavailable('contention'));
}

/** The write everything waits for. False: somebody else wrote first. */
async function commit({ write, grant }: Issue, { store }: TokenDeps): Promise<Result<boolean, OAuthError>> {
  if (write === undefined) return ok(true);
  const { key, version, lifetime } = write;
  const written = await (version === undefined
    ? store.create(key, grant, lifetime)
    : store.replace(key, version, grant, lifetime));
  return written.ok ? ok(written.value.won) : err(backendFailed(written.error));
}

/**
 * Assertions are used up behind the signature: a key service that fails costs nobody theirs. The client's first, so
 * that a stolen identity assertion cannot be burnt with a client assertion that was seen before.
 */
async function useUp({ assertion, once }: Unused, deps: TokenDeps): Promise<Result<undefined, OAuthError>> {
  for (const [use, replayed] of [
    [assertion, invalidClient],
    [once, invalidGrant],
  ] as const) {
    const used = use === undefined ? ok(undefined) : await useOnce(use, deps);
    if (used.ok) continue;
    return err(used.error === 'already_used' ? replayed('assertion used before') : backendFailed(used.error));
  }
  return ok(undefined);
}

/** A refusal uses the client's assertion up as well; only `temporarily_unavailable` leaves it for the next try. */
async function refuse(
  error: OAuthError,
  caller: Caller,
  { assertion }: Unused,
  deps: TokenDeps,
): Promise<Result<never, OAuthError>> {
  if (error.error === 'temporarily_unavailable') return err(error);
  const used = await useUp({ assertion }, deps);
  return used.ok ? err((await unknownClient(error, caller, deps)) ?? error) : used;
}

/**
 * A client whose registration is over has to hear so: `invalid_grant` would send it, and the person, to an
 * authorization page that does not know it. Not asked of addresses, which do not expire: nobody's garbage makes us fetch.
 */
async function unknownClient(
  { error }: OAuthError,
  { clientId, client }: Caller,
  { clients }: TokenDeps,
): Promise<OAuthError | undefined> {
  if (error !== 'invalid_grant' || client !== undefined || /^https?:/i.test(clientId)) return undefined;
  const found = await findClient(clientId, clients);
  return found.ok ? undefined : found.error;
}

async function endReused(
  { reason }: Extract<Decision, { kind: 'reused' }>,
  { subject, grantId }: Redemption,
  { clientId }: Caller,
  { assertion }: Unused,
  deps: TokenDeps,
): Promise<Result<never, OAuthError>> {
  const used = await useUp({ assertion }, deps);
  if (!used.ok) return used;
  const ended = await revokeGrant(deps, subject, grantId, { reason, by: clientId });
  // Not refused for good before the grant is over: the next try must find the same.
  if (!ended.ok) return err(backendFailed(ended.error));
  deps.log({ event: 'auth.security', outcome: 'revoked', reason, subject, grantId, clientHash: clientHash(clientId) });
  return err(invalidGrant(reason));
}
