import type { AssertionIssuerConfig, IdentityProviderConfig } from '../../../config/gateway-config';
import { err, ok, type Result } from '../../result';
import { assertionProblem, type Claims, onceUse, unverifiedClaims, verifyWithKeys } from '../assertion';
import { type Caller, invalidClient, unavailable } from '../client-authentication';
import { type Client, factsOf } from '../clients/client';
import { type Parameters, single } from '../http';
import { personFrom } from '../identity';
import type { OAuthError } from '../oauth-error';
import { scopesFor } from '../scopes';
import type { Redemption } from './redemption';
import {
  backendFailed,
  invalidGrant,
  invalidScope,
  invalidTarget,
  missingParameter,
  unauthorizedClient,
} from './refusals';
import type { TokenDeps } from './token-deps';
import { decideUnattended, endpointNamed, type UnattendedGrant, usualGrantId } from './unattended-grant';

const ID_JAG_TYPES = ['oauth-id-jag+jwt'];
const MAX_AGE_S = 300;
const MAX_JWT_LENGTH = 16_384;

/** They ask for a token bound to a key, or for finer rights than scopes: neither is made here, so it is not ignored. */
const NOT_UNDERSTOOD = ['cnf', 'authorization_details'];

/**
 * `jwt-bearer` with an identity assertion authorization grant: the company's IdP has decided that this agent may act
 * for this person, and nobody is asked again.
 * @see draft-ietf-oauth-identity-assertion-authz-grant-04 §4.4
 */
export async function assertionGrant(
  parameters: Parameters,
  { client, assertion }: Caller,
  deps: TokenDeps,
): Promise<Result<Redemption, OAuthError>> {
  if (deps.config.assertionIssuers.length === 0) return err(unauthorizedClient('no assertion issuers'));
  // The assertion names its client: a public one could be anybody who got hold of it.
  if (client === undefined || assertion === undefined) return err(invalidClient('public client'));
  const jwt = single(parameters, 'assertion');
  if (jwt === undefined) return err(missingParameter('assertion'));
  const verified = await verifyIdentity(jwt, client, deps);
  if (!verified.ok) return verified;
  const claims = verified.value;
  const nowMs = deps.now();

  const resource = resourceOf(claims, parameters, client, deps);
  if (!resource.ok) return resource;
  const vouched = claims['scope'];
  if (vouched !== undefined && typeof vouched !== 'string') return err(invalidGrant('scope'));
  const offered = scopesFor(vouched, deps.resources.scopesAt(resource.value));
  const scopes = offered && scopesFor(single(parameters, 'scope'), offered);
  if (scopes === undefined) return err(invalidScope('none the assertion has'));
  const person = personFrom(claims, vouchingProvider(claims, deps), nowMs);
  if (!person.ok) return err(invalidGrant(`person ${person.error}`));

  const wanted: UnattendedGrant = {
    origin: 'assertion',
    client: factsOf(client),
    person: person.value,
    scopes,
    resource: resource.value,
  };
  return ok({
    subject: wanted.person.subject,
    grantId: usualGrantId(wanted),
    once: onceUse('issuer', claims),
    decide: (found, atMs, grantId) => decideUnattended(wanted, found, grantId, deps.config, invalidGrant, atMs),
  });
}

async function verifyIdentity(jwt: string, client: Client, deps: TokenDeps): Promise<Result<Claims, OAuthError>> {
  const issuer = jwt.length > MAX_JWT_LENGTH ? undefined : trustedIssuer(jwt, client, deps);
  if (issuer === undefined) return err(invalidGrant('assertion issuer'));
  const verified = await verifyWithKeys(
    jwt,
    ID_JAG_TYPES,
    (newer) => deps.assertions.forIssuer(issuer, newer),
    deps.jwt,
  );
  if (!verified.ok) {
    const { error } = verified;
    if (typeof error === 'object') return err(backendFailed(error));
    return err(error === 'unreachable' ? unavailable('issuer keys') : invalidGrant(`assertion ${error}`));
  }
  const claims = verified.value;
  const expected = { issuer: issuer.issuer, audiences: [deps.issuer], maxLifetimeS: MAX_AGE_S };
  const problem =
    assertionProblem(claims, expected, deps.now()) ?? identityProblem(claims, client.clientId, deps.now());
  return problem === undefined ? ok(claims) : err(invalidGrant(`assertion ${problem}`));
}

/** The configured issuer an assertion says it is from, if it may speak for this client. Unverified yet. */
function trustedIssuer(jwt: string, { clientId }: Client, { config }: TokenDeps): AssertionIssuerConfig | undefined {
  const { iss } = unverifiedClaims(jwt);
  const issuer = config.assertionIssuers.find((one) => one.issuer === iss);
  return issuer?.clientIds === undefined || issuer.clientIds.includes(clientId) ? issuer : undefined;
}

function identityProblem(claims: Claims, clientId: string, nowMs: number): string | undefined {
  const { sub, iat, exp, client_id: namedClient } = claims;
  if (typeof sub !== 'string' || sub === '') return 'sub';
  if (namedClient !== clientId) return 'client_id';
  if (typeof iat !== 'number' || nowMs / 1000 - iat > MAX_AGE_S || Number(exp) - iat > MAX_AGE_S) return 'age';
  return NOT_UNDERSTOOD.find((member) => claims[member] !== undefined);
}

/**
 * The company's IdP is held to its own rules: whoever may not sign in does not come in this way. Another issuer names
 * people by `sub`, in a space of its own.
 */
function vouchingProvider({ iss }: Claims, { config: { identityProvider } }: TokenDeps): IdentityProviderConfig {
  return iss === identityProvider.issuer
    ? identityProvider
    : { ...identityProvider, issuer: String(iss), subjectClaim: 'sub' };
}

/** The endpoint the IdP decided about; the request may only repeat it. */
function resourceOf(
  claims: Claims,
  parameters: Parameters,
  client: Client,
  deps: TokenDeps,
): Result<string, OAuthError> {
  const vouched = claims['resource'];
  const asked = endpointNamed(parameters['resource'], client, deps);
  if (vouched === undefined) return asked;
  const [only, ...others] = Array.isArray(vouched) ? (vouched as unknown[]) : [vouched];
  const named = typeof only === 'string' && others.length === 0 ? endpointNamed([only], client, deps) : undefined;
  if (!named?.ok || only === '') return err(invalidGrant('assertion resource'));
  if (single(parameters, 'resource') === undefined && (parameters['resource']?.length ?? 0) < 2) return named;
  return asked.ok && asked.value === named.value ? named : err(invalidTarget('resource'));
}
