import type { AuthorizationServerConfig } from '../../config/gateway-config';
import { AUTH_KEYS, type RegistrationRecord } from '../../contract/auth-record';
import { GRANT_TYPES } from '../../contract/authorization-server';
import { parseObject } from '../json';
import { err, ok, type Result } from '../result';
import { clientHash } from './clients/client';
import { readClientMetadata } from './clients/client-metadata';
import { DAY_MS } from './clients/renew-registration';
import { type AuthzAnswer, type AuthzRequest, jsonAnswer } from './http';
import { errorAnswer, type OAuthError, oauthError } from './oauth-error';
import type { AuthzTools } from './ports';

export interface RegisterDeps extends AuthzTools {
  readonly config: Pick<AuthorizationServerConfig, 'dynamicRegistration'>;
}

/** Twenty addresses of 2 KB, and room for what is left out. */
const LONGEST_BODY = 64 * 1024;
const ID_BYTES = 16;

/** Agents in browsers register, too; there is no cookie here that could be used behind a person's back. */
const OPEN = { 'Access-Control-Allow-Origin': '*' } as const;

/** `POST /register`: a client makes itself known (RFC 7591 §3). It gets a name for itself and no secret. */
export async function serveRegister(request: AuthzRequest, deps: RegisterDeps): Promise<AuthzAnswer> {
  const outcome = await register(request, deps);
  deps.log({
    event: 'client.registered',
    outcome: outcome.ok ? 'ok' : outcome.error.error,
    requestId: request.requestId,
    ...(outcome.ok ? { client: clientHash(outcome.value.clientId) } : { cause: outcome.error.cause }),
  });
  const answer = outcome.ok ? jsonAnswer(201, informationOf(outcome.value)) : refusalAnswer(outcome.error);
  return { ...answer, headers: { ...answer.headers, ...OPEN } };
}

type Refusal = OAuthError | { readonly error: 'not_found'; readonly description: string; readonly cause: string };

async function register(request: AuthzRequest, deps: RegisterDeps): Promise<Result<RegistrationRecord, Refusal>> {
  const { enabled, allowedRedirectHosts, allowedPrivateSchemes } = deps.config.dynamicRegistration;
  if (!enabled) return err({ error: 'not_found', description: 'Clients cannot register here.', cause: 'switched off' });
  const body = readJson(request);
  if (body === undefined) return refuse('invalid_client_metadata', 'The body is not a JSON object.', 'body');
  // What is not asked for is not kept: client_id, client_secret and registration_access_token are ours to give, and
  // a scope written down here would stand in the way of a later step-up.
  const metadata = readClientMetadata(
    body,
    { hosts: allowedRedirectHosts, privateSchemes: allowedPrivateSchemes },
    'refuse',
  );
  if (!metadata.ok) return refuse(metadata.error.error, DESCRIPTIONS[metadata.error.error], metadata.error.cause);
  const method = body['token_endpoint_auth_method'];
  if (method !== undefined && method !== 'none') {
    return refuse('invalid_client_metadata', 'token_endpoint_auth_method must be "none".', 'authentication method');
  }

  const nowMs = deps.now();
  const record: RegistrationRecord = {
    clientId: `dcr_${Buffer.from(deps.randomBytes(ID_BYTES)).toString('base64url')}`,
    name: metadata.value.name,
    redirectUris: metadata.value.redirectUris,
    createdAtMs: nowMs,
    lastUsedAtMs: nowMs,
  };
  const key = AUTH_KEYS.registration(clientHash(record.clientId));
  const written = await deps.store.create(key, record, { validUntilMs: nowMs + DAY_MS });
  if (written.ok && written.value.won) return ok(record);
  const cause = written.ok ? 'id taken' : written.error.name;
  return refuse('temporarily_unavailable', 'Send the request again in a moment.', cause);
}

const DESCRIPTIONS = {
  invalid_redirect_uri:
    'Every redirect URI must be https on an allowed host, http on a loopback address, or of an allowed private scheme.',
  invalid_client_metadata:
    'The client must use the authorization code grant, and its metadata be of the types RFC 7591 gives.',
} as const;

/** RFC 7591 §3.2.1: what was registered, which need not be what was asked for. */
function informationOf({ clientId, name, redirectUris, createdAtMs }: RegistrationRecord): object {
  return {
    client_id: clientId,
    client_id_issued_at: Math.floor(createdAtMs / 1000),
    ...(name === '' ? {} : { client_name: name }),
    redirect_uris: redirectUris,
    grant_types: [GRANT_TYPES.authorizationCode, GRANT_TYPES.refreshToken],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}

function readJson({ headers, body }: AuthzRequest): Record<string, unknown> | undefined {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' && body.length <= LONGEST_BODY ? parseObject(body) : undefined;
}

function refuse(error: OAuthError['error'], description: string, cause: string): Result<never, OAuthError> {
  return err(oauthError(error, description, cause));
}

function refusalAnswer(refusal: Refusal): AuthzAnswer {
  if (refusal.error !== 'not_found') return errorAnswer(refusal);
  return jsonAnswer(404, { error: refusal.error, error_description: refusal.description });
}
