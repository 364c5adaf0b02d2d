import { acceptedAudiences, challenge, rootResourcePath } from '../contract/metadata';
import { endpointPath } from '../contract/paths';
import type { GatewayError, TokenProblem } from './gateway-error';
import { type Awaitable, err, ok, type Result } from './result';

/** Who calls. */
export interface Principal {
  readonly subject: string;
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
  /** The grant the token was made under, where the gateway issued it itself. */
  readonly grantId: string | undefined;
}

/** A token whose signature, issuer, type and lifetime have been checked. */
export interface VerifiedToken extends Principal {
  readonly audiences: readonly string[];
  /** Epoch ms. */
  readonly expiresAtMs: number;
}

/** Checks everything about a token but whom it is for. */
export interface TokenVerifier {
  /** At once where nothing has to be waited for. */
  verify(token: string): Awaitable<Result<VerifiedToken, TokenProblem | 'issuer_unreachable'>>;
}

/** What authentication needs to know of the gateway. */
export interface AuthenticationFacts {
  readonly gatewayUrl: string;
  readonly upstreamNames: readonly string[];
  readonly requiredScopes: readonly string[];
}

/** RFC 6750 §2.1: the scheme is case-insensitive (RFC 9110 §11.1), the token is one b64token. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Longer ones are no tokens of ours, and hashing them is work an attacker chose. */
const MAX_TOKEN_LENGTH = 8192;

/** The token of an `Authorization` header, if it is one that could be ours. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const token = BEARER.exec(authorization ?? '')?.[1];
  return token === undefined || token.length > MAX_TOKEN_LENGTH ? undefined : token;
}

/** Turns an `Authorization` header into the caller, or into the refusal of RFC 6750 §3.1. */
export async function authenticate(
  authorization: string | undefined,
  endpoint: string,
  facts: AuthenticationFacts,
  verifier: TokenVerifier,
): Promise<Result<Principal, GatewayError>> {
  if (authorization === undefined || authorization === '') return unauthorized(facts, endpoint, 'missing');
  const token = bearerToken(authorization);
  if (token === undefined) return unauthorized(facts, endpoint, 'malformed');
  const verified = await verifier.verify(token);
  if (!verified.ok) {
    return verified.error === 'issuer_unreachable'
      ? err({ reason: 'issuer_unreachable' })
      : unauthorized(facts, endpoint, verified.error);
  }
  const caller = verified.value;
  // RFC 8707: a token made for one endpoint must not open another.
  const audiences = audiencesOf(facts, endpoint);
  if (!caller.audiences.some((audience) => audiences.includes(audience))) {
    return unauthorized(facts, endpoint, 'wrong_audience');
  }
  if (!facts.requiredScopes.every((scope) => caller.scopes.includes(scope))) {
    return err({
      reason: 'insufficient_scope',
      scopes: facts.requiredScopes,
      challenge: challengeFor(facts, endpoint, 'insufficient_scope'),
    });
  }
  return ok(caller);
}

/**
 * At an endpoint that does not exist, any token of this gateway counts, so that its holder learns
 * of the misspelt name (404) and a stranger does not (401).
 */
function audiencesOf(facts: AuthenticationFacts, endpoint: string): readonly string[] {
  return facts.upstreamNames.includes(endpoint)
    ? acceptedAudiences(facts.gatewayUrl, endpoint)
    : facts.upstreamNames.flatMap((name) => acceptedAudiences(facts.gatewayUrl, name));
}

/** RFC 6750 §3.1: the refusal of a token, or of none. */
export function unauthorized(
  facts: AuthenticationFacts,
  endpoint: string,
  problem: TokenProblem,
): Result<never, GatewayError> {
  // RFC 6750 §3.1: no error code where no credentials were sent.
  const error = problem === 'missing' ? undefined : 'invalid_token';
  return err({ reason: 'unauthorized', problem, challenge: challengeFor(facts, endpoint, error) });
}

function challengeFor(
  facts: AuthenticationFacts,
  endpoint: string,
  error?: 'invalid_token' | 'insufficient_scope',
): string {
  const path = facts.upstreamNames.includes(endpoint) ? endpointPath(endpoint) : rootResourcePath(facts.upstreamNames);
  return challenge({ gatewayUrl: facts.gatewayUrl, scopes: facts.requiredScopes }, path, error);
}
