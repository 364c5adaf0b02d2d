import { hash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import type { IdentityProviderConfig } from '../../config/gateway-config';
import type { IdentityProvider, IdpCallback, IdpClaims, IdpLogin, IdpProblem } from '../../core/authz/ports';
import { err, ok, type Result } from '../../core/result';
import { IdTokenSignature } from './id-token-signature';
import { type IdpClientCredentials, idpClientAuthentication } from './idp-client-assertion';
import { type IdpFetch, idpFetch } from './idp-fetch';
import { IdpMetadata } from './idp-metadata';
import { idpProblem } from './idp-problem';
import { codeOf } from './idp-response';

export interface OidcLoginOptions extends IdpClientCredentials {
  readonly config: IdentityProviderConfig;
  readonly now: () => number;
  /** @default the global fetch, bounded */
  readonly fetch?: IdpFetch;
  /** Told by name what makes the IdP's metadata unusable: a person only sees that signing in does not work. */
  readonly onUnusable?: (check: string) => void;
}

/** The gateway's and the IdP's clocks may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 30;

/**
 * Signs people in at the company's OpenID provider: authorization code, PKCE, nonce, RFC 9207.
 *
 * The ID token's signature is verified although it comes from the token endpoint: TLS says which host answered, the
 * signature says that it was the issuer.
 */
export function oidcLogin({
  config,
  now,
  onUnusable,
  fetch = idpFetch(),
  ...credentials
}: OidcLoginOptions): IdentityProvider {
  const metadata = new IdpMetadata({ config, fetch, now, onUnusable });
  const signature = new IdTokenSignature({ config, fetch, now });

  return { authorizationUrl, finish };

  async function authorizationUrl(login: IdpLogin): Promise<Result<string, 'idp_unreachable'>> {
    const as = await metadata.current();
    if (as?.authorization_endpoint === undefined) return err('idp_unreachable');
    const url = new URL(as.authorization_endpoint);
    // The operator's first: none of them replaces what makes the sign-in safe.
    const parameters = {
      ...config.authorizationParameters,
      client_id: config.clientId,
      response_type: 'code',
      redirect_uri: login.redirectUri,
      scope: config.scopes.join(' '),
      state: login.state,
      nonce: login.nonce,
      code_challenge: hash('sha256', login.codeVerifier, 'base64url'),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return ok(url.href);
  }

  async function finish(login: IdpLogin, callback: IdpCallback): Promise<Result<IdpClaims, IdpProblem>> {
    const as = await metadata.current();
    if (as?.token_endpoint === undefined || as.jwks_uri === undefined)
      return err({ kind: 'unreachable', check: 'metadata' });
    const client = clientNow();
    const code = codeOf(as, login, callback);
    if (!code.ok) return code;

    const authentication = await idpClientAuthentication(as, config, credentials, now);
    if (!authentication.ok) return err({ kind: 'unreachable', check: `client_${authentication.error.name}` });
    try {
      const { form, headers } = authentication.value;
      const grant = {
        grant_type: 'authorization_code',
        code: code.value,
        redirect_uri: login.redirectUri,
        code_verifier: login.codeVerifier,
      };
      const answer = await fetch(as.token_endpoint, {
        method: 'POST',
        headers: { accept: 'application/json', ...headers },
        body: new URLSearchParams({ ...grant, ...form }),
      });
      const tokens = await oauth.processGenericTokenEndpointResponse(as, client, answer);
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      if (claims === undefined || tokens.id_token === undefined) return invalid('token_response');
      const mismatch = mismatchOf(claims, login);
      if (mismatch !== undefined) return invalid(`id_token_${mismatch}`);
      const problem = await signature.problem(tokens.id_token, as.jwks_uri);
      return problem === undefined ? ok(claims) : err(problem);
    } catch (error) {
      return err(idpProblem(error));
    }
  }

  /** What makes an ID token no answer to this very request (OpenID Connect Core §3.1.3.7), the library judging the rest. */
  function mismatchOf(claims: oauth.IDToken, login: IdpLogin): string | undefined {
    const { nonce, auth_time: authTime, azp = config.clientId } = claims;
    const maxAge = maxAgeOf(config);
    if (nonce === undefined) return 'claims';
    if (nonce !== login.nonce) return 'nonce';
    // Whoever it names is who asked: the library looks at it for several audiences only.
    if (azp !== config.clientId) return 'azp';
    if (maxAge === undefined) return undefined;
    if (authTime === undefined) return 'claims';
    // The browser carries the wish for a recent sign-in to the IdP, and can leave it out.
    return authTime + maxAge < Math.floor(now() / 1_000) - CLOCK_TOLERANCE_SECONDS ? 'auth_time' : undefined;
  }

  function clientNow(): oauth.Client {
    return {
      client_id: config.clientId,
      [oauth.clockSkew]: Math.round((now() - Date.now()) / 1_000),
      [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
    };
  }
}

/** How recent the operator wants a sign-in to be, seconds. */
function maxAgeOf({ authorizationParameters }: IdentityProviderConfig): number | undefined {
  const { max_age: maxAge = '' } = authorizationParameters;
  return /^\d{1,9}$/.test(maxAge) ? Number(maxAge) : undefined;
}

function invalid(check: string): { readonly ok: false; readonly error: IdpProblem } {
  return err({ kind: 'invalid', check });
}
