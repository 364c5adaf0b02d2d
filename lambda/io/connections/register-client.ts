import * as oauth from 'oauth4webapi';
import { registrationMetadata } from '../../core/connections/client-metadata';
import { problemOfCode, problemOfStatus } from '../../core/connections/provider-error';
import type { ProviderProblem } from '../../core/connections/provider-port';
import type { ProviderRegistration } from '../../core/connections/provider-secret';
import { parseObject } from '../../core/json';
import { err, ok, type Result } from '../../core/result';
import type { McpServer } from './discover-mcp-server';
import type { ProviderAnswer, ProviderHttp } from './provider-http';

export interface RegistrationRequest {
  readonly clientName: string;
  readonly gatewayUrl: string;
  readonly redirectUri: string;
  readonly now: () => number;
  readonly http: ProviderHttp;
}

/** What the library has checked of it; the method is anybody's. */
interface RegistrationAnswer {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly client_secret_expires_at?: number;
  readonly token_endpoint_auth_method?: unknown;
}

type Authentication = ProviderRegistration['authentication'];

/** In the order we like them: without a secret, there is none to keep. */
const PREFERRED: readonly Authentication[] = ['none', 'client_secret_post', 'client_secret_basic'];
/** As the operator's: it stands in URLs and headers. */
const CLIENT_ID = /^[\x21-\x7e]{1,2048}$/;
const CLIENT_SECRET = /^[\x20-\x7e]{1,4096}$/;

/** Registers the gateway as a client of an MCP server's authorization server (RFC 7591). */
export async function registerClient(
  server: McpServer,
  { clientName, gatewayUrl, redirectUri, now, http }: RegistrationRequest,
): Promise<Result<ProviderRegistration, ProviderProblem>> {
  const wanted = PREFERRED.find((method) => server.tokenAuthentication.includes(method));
  if (server.registrationEndpoint === undefined) return err({ kind: 'misconfigured', cause: 'no_registration' });
  if (wanted === undefined) return err({ kind: 'misconfigured', cause: 'no_common_authentication' });
  const answer = await http({
    url: server.registrationEndpoint,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'cdk-mcp-gateway',
    },
    body: JSON.stringify({
      ...registrationMetadata(clientName, gatewayUrl),
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: wanted,
    }),
    isDiscovered: true,
  });
  if (!answer.ok) return answer;
  const passing = problemOfStatus(answer.value.status, answer.value.headers['retry-after'], now());
  if (passing !== undefined) return err(passing);
  const registered = await parse(answer.value);
  if (!registered.ok) return registered;
  const { client_id: clientId, client_secret: secret, token_endpoint_auth_method: method } = registered.value;
  // A name of ours that it made up for another server's door: it would have us ask there, as ourselves.
  const isOurs = clientId.startsWith(gatewayUrl);
  if (!CLIENT_ID.test(clientId) || isOurs) return err({ kind: 'invalid', cause: 'registration_client_id' });
  if (secret !== undefined && !CLIENT_SECRET.test(secret))
    return err({ kind: 'invalid', cause: 'registration_secret' });
  const authentication = authenticationOf(method, secret, wanted);
  if (authentication === undefined) return err({ kind: 'invalid', cause: 'registration_authentication' });
  const expires = registered.value.client_secret_expires_at;
  return ok({
    clientId,
    ...(authentication === 'none' || secret === undefined ? {} : { clientSecret: secret }),
    authentication,
    issuer: server.issuer,
    redirectUri,
    registeredAtMs: now(),
    ...(authentication !== 'none' && typeof expires === 'number' && expires > 0
      ? { secretExpiresAtMs: expires * 1_000 }
      : {}),
  });
}

async function parse({ status, body }: ProviderAnswer): Promise<Result<RegistrationAnswer, ProviderProblem>> {
  const members = parseObject(body);
  if (members === undefined || (status !== 200 && status !== 201)) {
    const code = members?.['error'];
    return err(typeof code === 'string' ? problemOfCode(code) : { kind: 'invalid', cause: `registration_${status}` });
  }
  try {
    // Who forgets to say when the secret ends means never; null means absent.
    const said = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
    const conformed = Response.json({ client_secret_expires_at: 0, ...said }, { status: 201 });
    return ok((await oauth.processDynamicClientRegistrationResponse(conformed)) as RegistrationAnswer);
  } catch {
    return err({ kind: 'invalid', cause: 'registration_answer' });
  }
}

/** As the server decided; where it does not say, as it was asked, if that goes with what it gave. */
function authenticationOf(method: unknown, secret: string | undefined, wanted: Authentication) {
  const said = PREFERRED.find((known) => known === method);
  if (method !== undefined && said === undefined) return undefined;
  const decided = said ?? (secret === undefined ? 'none' : wanted === 'none' ? 'client_secret_basic' : wanted);
  return decided !== 'none' && secret === undefined ? undefined : decided;
}
