import { hash } from 'node:crypto';
import type { ProviderConfig } from '../../config/gateway-config';
import type { AuthorizationTarget, ConnectAttempt } from './provider-port';

/** The URL of an authorization request: code flow, state, PKCE wherever it does not break the platform. */
export function authorizationRequestUrl(
  provider: ProviderConfig,
  target: AuthorizationTarget,
  attempt: ConnectAttempt,
): string {
  const { oauth } = provider.facts;
  const scopes = target.scopes ?? provider.scopes;
  const separator = oauth?.scopeSeparator ?? ' ';
  const hasScopes = scopes.length > 0 && separator !== 'none';
  // What discovery found always takes PKCE: it was refused otherwise.
  const sendsChallenge = target.pinned !== undefined || oauth?.pkce !== 'omit';
  const url = new URL(target.authorizationEndpoint);
  const parameters = {
    // The catalogue's first: none of them replaces what makes the request safe.
    ...oauth?.authorizationParameters,
    ...(hasScopes ? { [oauth?.scopeParameter ?? 'scope']: scopes.join(separator) } : {}),
    ...(target.pinned === undefined ? {} : { resource: target.pinned.resource }),
    ...(sendsChallenge ? { code_challenge: challengeOf(attempt), code_challenge_method: 'S256' } : {}),
    client_id: target.clientId,
    response_type: 'code',
    redirect_uri: attempt.redirectUri,
    state: attempt.state,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  // Not everybody reads a plus as the blank it is in forms; everybody reads this.
  url.search = url.searchParams.toString().replaceAll('+', '%20');
  return url.href;
}

function challengeOf({ codeVerifier }: ConnectAttempt): string {
  return hash('sha256', codeVerifier, 'base64url');
}
