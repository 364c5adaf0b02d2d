import { randomBytes } from 'node:crypto';
import { McpGatewayError } from '../gateway-error';
import { officialClient } from '../official-client';
import { type TokenSource, withOfflineAccess } from './discover';
import { type OAuthFetch, requireProtectedUrl } from './guarded-fetch';
import { listenForRedirect } from './loopback-redirect';
import { type ClientChoice, chooseClient, clientInformation } from './oauth-client';
import { authorizationRefused, tokenFailure } from './oauth-failure';
import type { StoredClient, StoredSignIn } from './stored-sign-in';
import { storedTokens } from './stored-tokens';

export interface SignInRequest {
  readonly source: TokenSource;
  readonly gatewayUrl: string;
  readonly client: ClientChoice;
  /** Of an earlier sign-in at the same issuer. */
  readonly earlier: StoredClient | undefined;
  readonly scope: string | undefined;
  /** Takes the address to the person. */
  readonly open: (url: string) => unknown;
  readonly timeoutMs: number;
  readonly fetchFn: OAuthFetch;
  readonly now: () => number;
}

/** A person signs in and consents in a browser: authorization code, PKCE S256, loopback redirect. @see RFC 8252, RFC 9700 */
export async function signInPerson(request: SignInRequest): Promise<StoredSignIn> {
  const { source, fetchFn } = request;
  const { server, issuer, resource } = source;
  requireProofKeys(server, issuer);
  const oauth = await officialClient('Signing in');
  const redirect = await listenForRedirect(request.earlier?.redirectUri);
  try {
    const client = await chooseClient(
      request.client,
      source,
      request.gatewayUrl,
      redirect.uri,
      request.earlier,
      fetchFn,
    );
    const state = randomBytes(32).toString('base64url');
    const { authorizationUrl, codeVerifier } = await oauth.startAuthorization(issuer, {
      metadata: server,
      clientInformation: clientInformation(client),
      redirectUrl: redirect.uri,
      state,
      resource,
      ...scopeOption(withOfflineAccess(request.scope, source)),
    });
    // Waiting before anybody can answer, and before the address is shown.
    const answered = redirect.answer(state, request.timeoutMs);
    answered.catch(() => undefined);
    await request.open(requireProtectedUrl(authorizationUrl.href, 'The authorization endpoint').href);
    const { code, iss } = await checkedAnswer(await answered, source);
    const tokens = await oauth.exchangeAuthorization(issuer, {
      metadata: server,
      clientInformation: clientInformation(client),
      authorizationCode: code,
      codeVerifier,
      redirectUri: redirect.uri,
      resource,
      fetchFn,
      ...(iss === undefined ? {} : { iss }),
    });
    return { issuer, resource, client, tokens: storedTokens(tokens, request.scope, request.now()) };
  } catch (error) {
    throw tokenFailure(error, issuer);
  } finally {
    redirect.close();
  }
}

/** Whoever answered has to be whom the person was sent to (RFC 9207), or the code goes nowhere (mix-up). */
async function checkedAnswer(
  answer: URLSearchParams,
  { server, issuer }: TokenSource,
): Promise<{ code: string; iss: string | undefined }> {
  const once = (name: string): string | undefined => {
    const [value, ...more] = answer.getAll(name);
    if (more.length > 0) throw notOurs(issuer, `its ${name} is given twice`);
    return value;
  };
  const [code, iss, error, description] = ['code', 'iss', 'error', 'error_description'].map(once);
  const { validateAuthorizationResponseIssuer } = await officialClient('Signing in');
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: server.issuer,
      issParameterSupported: server.authorization_response_iss_parameter_supported === true,
    });
  } catch {
    throw notOurs(issuer, iss === undefined ? 'it does not say whose it is' : 'it is another issuer’s');
  }
  if (error !== undefined) throw authorizationRefused(error, description ?? '', issuer);
  if (!code) throw notOurs(issuer, 'it has no code');
  return { code, iss };
}

function requireProofKeys(server: TokenSource['server'], issuer: string): void {
  requireProtectedUrl(server.authorization_endpoint, 'The authorization endpoint');
  if (server.code_challenge_methods_supported?.includes('S256')) return;
  throw new McpGatewayError(
    'authorization_server_unusable',
    `The authorization server ${issuer} does not say that it checks PKCE with S256`,
    'Without it a stolen code is enough to sign in; use an authorization server that has it.',
  );
}

function notOurs(issuer: string, problem: string): McpGatewayError {
  return new McpGatewayError(
    'sign_in_answer_foreign',
    `The answer to the sign-in at ${issuer} is not used: ${problem}`,
    'Sign in again. If it happens again, somebody may be meddling with your sign-in: tell your administrator.',
  );
}

function scopeOption(scope: string | undefined): { scope?: string } {
  return scope === undefined ? {} : { scope };
}
