import type { ProviderConfig } from '../../config/gateway-config';
import { authorizationRequestUrl } from '../../core/connections/authorization-request';
import { codeOfCallback } from '../../core/connections/callback-check';
import { type ClientProof, clientProof } from '../../core/connections/client-proof';
import { problemOfStatus } from '../../core/connections/provider-error';
import type { ProviderClient, ProviderProblem, ProviderTokens } from '../../core/connections/provider-port';
import { providerUrl, tokenVariables } from '../../core/connections/provider-url';
import { err, ok, type Result } from '../../core/result';
import type { ProviderClientAuthentication } from '../../providers/provider-facts';
import { backendProblem } from './backend-problem';
import type { ConnectClientKey } from './client-assertion';
import { identifyAccount } from './identify-account';
import type { McpTargets } from './mcp-target';
import { type ProviderAnswer, type ProviderHttp, providerHttp } from './provider-http';
import type { ProviderSecrets } from './provider-secrets';
import { endpointOf, tokenRequest, type Wire, wireOf } from './provider-wire';
import { revocationRequest } from './revocation-request';
import { parseTokenAnswer } from './token-endpoint';

export interface ProviderClientOptions {
  readonly now: () => number;
  readonly secrets: ProviderSecrets;
  /** For `private_key_jwt`. */
  readonly clientKey?: ConnectClientKey | undefined;
  /** Finds servers of kind `mcp`; who only refreshes needs none. */
  readonly mcpTargets?: McpTargets;
  readonly http?: ProviderHttp;
}

type Answer<T> = Promise<Result<T, ProviderProblem>>;
type Parameters = Readonly<Record<string, string>>;

/** The gateway as a client of third parties. Credentials go to configured or pinned endpoints, and nowhere else. */
export function providerClient({
  now,
  secrets,
  clientKey,
  mcpTargets,
  http = providerHttp(),
}: ProviderClientOptions): ProviderClient {
  return {
    async target(provider) {
      if (provider.kind === 'mcp') return mcpTargets?.target(provider) ?? misconfigured('no_discovery');
      const { oauth } = provider.facts;
      if (oauth === undefined) return misconfigured('no_oauth');
      if (provider.client === undefined) return misconfigured('no_client');
      const endpoint = providerUrl(oauth.authorizationEndpoint, provider.facts);
      if (!endpoint.ok) return endpoint;
      return ok({
        issuer: oauth.issuer,
        authorizationEndpoint: endpoint.value,
        clientId: provider.client.clientId,
      });
    },

    authorizationUrl: authorizationRequestUrl,

    async exchange(provider, target, attempt, callback) {
      const wire = wireOf(provider, target.pinned);
      if (!wire.ok) return wire;
      const { issuer, facts, pinned } = wire.value;
      const code = codeOfCallback(callback, {
        state: attempt.state,
        issuer,
        sendsIssuer: target.sendsIssuer === true,
      });
      if (!code.ok) return code;
      const endpoint = endpointOf(provider, facts.tokenEndpoint, pinned);
      if (!endpoint.ok) return endpoint;
      const parameters = {
        ...facts.tokenParameters,
        grant_type: 'authorization_code',
        code: code.value,
        redirect_uri: attempt.redirectUri,
        ...(facts.pkce === 'send' ? { code_verifier: attempt.codeVerifier } : {}),
      };
      const tokens = await requestTokens(provider, wire.value, endpoint.value, parameters, false);
      if (!tokens.ok) return tokens;
      const variables = tokenVariables(provider.facts, tokens.value.answer);
      if (!variables.ok) return variables;
      const { scopes = target.scopes ?? provider.scopes } = tokens.value;
      return ok(withVariables({ ...tokens.value, scopes }, variables.value));
    },

    async refresh(provider, connection, refreshToken) {
      const wire = wireOf(provider, connection.pinned);
      if (!wire.ok) return wire;
      const { facts, pinned } = wire.value;
      const template = facts.refreshEndpoint ?? facts.tokenEndpoint;
      const endpoint = endpointOf(provider, template, pinned, connection.variables);
      if (!endpoint.ok) return endpoint;
      const parameters = {
        ...facts.refreshParameters,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      };
      const tokens = await requestTokens(provider, wire.value, endpoint.value, parameters, true);
      if (!tokens.ok) return tokens;
      // A value that is missing now, or not one to use, must not cost the tokens it came with: the checked one stays.
      const fresh = tokenVariables(provider.facts, tokens.value.answer);
      const variables = fresh.ok ? fresh.value : (connection.variables ?? {});
      const { scopes = connection.scopes } = tokens.value;
      return ok(withVariables({ refreshToken, ...tokens.value, scopes }, variables));
    },

    async revoke(provider, connection, tokens) {
      const wire = wireOf(provider, connection.pinned);
      if (!wire.ok) return wire;
      const { pinned } = wire.value;
      const revocation =
        pinned === undefined
          ? wire.value.facts.revocation
          : pinned.revocationEndpoint && {
              style: 'rfc7009' as const,
              endpoint: pinned.revocationEndpoint,
              ends: 'grant' as const,
            };
      if (!revocation) return ok(false);
      const named = revocation.endpoint.replaceAll('{client_id}', encodeURIComponent(wire.value.clientId));
      const endpoint = endpointOf(provider, named, pinned, connection.variables);
      if (!endpoint.ok) return endpoint;
      // GitHub takes the client's name and password here, whatever its token endpoint takes.
      const isBasic = revocation.style === 'basic_delete' && wire.value.authentication === 'client_secret_post';
      const authentication = isBasic ? 'client_secret_basic_raw' : wire.value.authentication;
      const needsProof = !revocation.style.startsWith('bearer_');
      const proof = needsProof
        ? await prove(provider, { ...wire.value, authentication })
        : ok<ClientProof>({ parameters: {}, headers: {} });
      if (!proof.ok) return proof;
      const request = revocationRequest(revocation, wire.value.facts.headers ?? {}, proof.value, tokens);
      if (request === undefined) return ok(false);
      const answer = await http({ ...request, url: endpoint.value, isDiscovered: pinned !== undefined });
      return answer.ok ? judgeRevocation(answer.value, wire.value) : answer;
    },

    identify: (provider, tokens) => identifyAccount(provider, tokens, http, now),
  };

  /** One token request; a client secret that was replaced meanwhile gets a second chance. */
  async function requestTokens(
    provider: ProviderConfig,
    wire: Wire,
    url: string,
    parameters: Parameters,
    isRefresh: boolean,
  ): Promise<Result<Omit<ProviderTokens, 'scopes'> & { readonly scopes?: readonly string[] }, ProviderProblem>> {
    const { facts, pinned, clientId } = wire;
    const attempt = async (proof: ClientProof) => {
      const answer = await http({
        ...tokenRequest(url, facts, { ...parameters, ...(pinned && { resource: pinned.resource }) }, proof),
        isDiscovered: pinned !== undefined,
      });
      if (!answer.ok) return answer;
      const issuer = facts.response?.dropIdToken === false ? wire.issuer : undefined;
      return parseTokenAnswer(answer.value, { facts, issuer, clientId, receivedAtMs: now(), isRefresh });
    };

    const proof = await prove(provider, wire);
    if (!proof.ok) return proof;
    let tokens = await attempt(proof.value);
    if (!tokens.ok && tokens.error.cause === 'invalid_client' && isSecretBased(wire.authentication)) {
      secrets.forget(provider.name);
      const again = await prove(provider, wire);
      const isNew = again.ok && JSON.stringify(again.value) !== JSON.stringify(proof.value);
      if (isNew) tokens = await attempt(again.value);
    }
    if (!tokens.ok) return tokens;
    const { assumedAccessSeconds } = facts.refresh;
    const assumed = assumedAccessSeconds === undefined ? {} : { expiresAtMs: now() + assumedAccessSeconds * 1_000 };
    return ok({ ...assumed, ...tokens.value });
  }

  async function prove(
    provider: ProviderConfig,
    { clientId, authentication, issuer, pinned, facts }: Wire,
  ): Answer<ClientProof> {
    if (authentication === 'none') return ok(clientProof('none', clientId, ''));
    if (authentication === 'private_key_jwt') {
      if (clientKey === undefined) return misconfigured('no_client_key');
      const assertion = await clientKey.assertion(issuer ?? facts.tokenEndpoint, clientId);
      return assertion.ok
        ? ok(clientProof(authentication, clientId, assertion.value))
        : backendProblem(assertion.error);
    }
    const found = await secrets.read(provider.name);
    if (!found.ok) return backendProblem(found.error);
    // A registration's secret is for the issuer that gave it; the operator's, for the client the operator entered.
    const registered = found.value.registrations.find(
      (known) => known.clientId === clientId && known.issuer === pinned?.issuer,
    );
    const isOperators = provider.client?.clientId === clientId;
    const secret = isOperators ? found.value.clientSecret : registered?.clientSecret;
    return secret === undefined ? misconfigured('no_client_secret') : ok(clientProof(authentication, clientId, secret));
  }

  async function judgeRevocation(answer: ProviderAnswer, { facts, clientId }: Wire): Answer<boolean> {
    const { status, headers } = answer;
    const passing = problemOfStatus(status, headers['retry-after'], now());
    if (passing !== undefined) return err(passing);
    const isError = status >= 300 || (facts.response?.errorInSuccess === true && status === 200);
    if (!isError) return ok(true);
    // Not there any more: what was wanted.
    if (status === 404 || status === 410) return ok(true);
    const parsed = await parseTokenAnswer(answer, { facts, clientId, receivedAtMs: now() });
    if (parsed.ok || (status === 200 && parsed.error.cause === 'no_access_token')) return ok(true);
    return ['invalid_grant', 'invalid_token'].includes(parsed.error.cause) ? ok(true) : parsed;
  }
}

function withVariables(tokens: ProviderTokens, variables: Parameters): ProviderTokens {
  return Object.keys(variables).length === 0 ? tokens : { ...tokens, variables };
}

function isSecretBased(style: ProviderClientAuthentication): boolean {
  return style !== 'none' && style !== 'private_key_jwt';
}

function misconfigured(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'misconfigured', cause });
}
