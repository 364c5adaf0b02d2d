import { createHash, createPrivateKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { type CryptoKey, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { AuthorizationServerConfig } from '../../../../../../lambda/config/gateway-config';
import {
  AUTH_KEYS,
  type GrantRecord,
  type SigningKeyRecord,
  type SwitchRecord,
} from '../../../../../../lambda/contract/auth-record';
import type { KeySet, KeysProblem } from '../../../../../../lambda/core/authz/assertion';
import { type Client, clientHash, factsOf } from '../../../../../../lambda/core/authz/clients/client';
import { authorizationCode, grantIdOf, handleFrom, hashOf } from '../../../../../../lambda/core/authz/handle';
import type { AuthzAnswer, AuthzRequest, Parameters } from '../../../../../../lambda/core/authz/http';
import type { AuthEvent } from '../../../../../../lambda/core/authz/ports';
import { resourceRules } from '../../../../../../lambda/core/authz/resources';
import { serveRevoke } from '../../../../../../lambda/core/authz/token/serve-revoke';
import { serveToken, type TokenDeps } from '../../../../../../lambda/core/authz/token/serve-token';
import type { BackendFailure } from '../../../../../../lambda/core/ports';
import { err, ok, type Result } from '../../../../../../lambda/core/result';
import { joseVerifier } from '../../../../../../lambda/io/auth/jose-verifier';
import { testClock } from '../../../../../helpers/clock';
import { fakeAuthStore } from '../../../../../helpers/fake-auth-store';

export const ISSUER = 'https://mcp.example.com';
export const RESOURCE = `${ISSUER}/mcp/notes`;
export const IDP = 'https://idp.example.com';
export const ID_JAG_ISSUER = 'https://xaa.example.com';
export const SUBJECT = 'S'.repeat(43);
export const VERIFIER = 'v'.repeat(64);
export const REDIRECT = 'http://127.0.0.1:7777/callback';
export const AGENT = 'https://agent.example/client.json';
export const KEYED_AGENT = 'https://chatgpt.com/oauth/client.json';
export const DYNAMIC = `dcr_${'d'.repeat(22)}`;
export const MACHINE = 'nightly-report';
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const DOWN: BackendFailure = { service: 'kms', kind: 'throttled', name: 'ThrottlingException' };
export const TABLE_DOWN: BackendFailure = { service: 'dynamodb', kind: 'unavailable', name: 'ECONNRESET' };

export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingPem = signing.privateKey.export({ type: 'pkcs8', format: 'pem' });
const { x = '', y = '' } = signing.publicKey.export({ format: 'jwk' });
export const SIGNING_KEY: SigningKeyRecord = {
  keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/first',
  kid: 'first',
  publicJwk: { kty: 'EC', crv: 'P-256', x, y },
  signFromMs: 0,
  isOwn: false,
};

/** As an attacker cannot: signs whatever is wanted with the gateway's own key. */
export function signAsGateway(claims: object, header: object = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'first', ...header })}.${encode(claims)}`;
  return `${input}.${signEs256(input).toString('base64url')}`;
}

function signEs256(input: string): Buffer {
  return signBytes('sha256', Buffer.from(input), { key: createPrivateKey(signingPem), dsaEncoding: 'ieee-p1363' });
}

const BASE_CONFIG: AuthorizationServerConfig = {
  identityProvider: {
    issuer: IDP,
    clientId: 'gateway',
    clientAuthentication: 'none',
    scopes: ['openid'],
    authorizationParameters: {},
    idTokenAlgorithms: ['ES256'],
    subjectClaim: 'sub',
    groupsClaim: 'groups',
    allowed: {},
    administratorGroups: ['admins'],
  },
  clients: [
    {
      clientId: 'desktop',
      name: 'Desktop',
      redirectUris: [REDIRECT],
      grantTypes: ['authorization_code', 'refresh_token'],
    },
    {
      clientId: MACHINE,
      name: 'Nightly report',
      redirectUris: [],
      jwks: { keys: [] },
      grantTypes: ['client_credentials'],
    },
  ],
  clientIdMetadata: { enabled: true, allowedHosts: ['agent.example', 'chatgpt.com'] },
  dynamicRegistration: { enabled: true, allowedRedirectHosts: [], allowedPrivateSchemes: [], unusedDays: 90 },
  assertionIssuers: [{ issuer: ID_JAG_ISSUER }, { issuer: IDP }],
  accessTokenSeconds: 300,
  grantIdleSeconds: 30 * 86_400,
  grantMaxSeconds: 90 * 86_400,
  refreshGraceSeconds: 60,
  signingKeyRotationDays: 90,
  branding: { name: 'MCP gateway' },
};

const CODE_GRANTS = ['authorization_code', 'refresh_token'];

export interface SceneOptions {
  readonly config?: Partial<AuthorizationServerConfig>;
  readonly tick?: () => Promise<void>;
}

/** The token endpoint over a table in memory, real signatures and clients of every kind. */
export async function tokenScene({ config: changes = {}, tick }: SceneOptions = {}) {
  const clock = testClock();
  const machineKey = await makeKey('machine-1');
  const agentKey = await makeKey('agent-1');
  const issuerKey = await makeKey('idp-1');
  const config = { ...BASE_CONFIG, ...changes };
  const clients = new Map<string, Client>(
    [
      client(AGENT, { host: 'agent.example' }),
      client(KEYED_AGENT, {
        host: 'chatgpt.com',
        authentication: 'private_key_jwt',
        jwksUri: 'https://chatgpt.com/oauth/jwks.json',
      }),
      client(DYNAMIC, { kind: 'dynamic' }),
      client('desktop', { kind: 'registered', grantTypes: CODE_GRANTS }),
      client(MACHINE, {
        kind: 'registered',
        grantTypes: ['client_credentials'],
        redirectUris: [],
        authentication: 'private_key_jwt',
        jwks: { keys: [machineKey.jwk] },
      }),
    ].map((one) => [one.clientId, one]),
  );
  const store = fakeAuthStore({ now: clock.now, ...(tick === undefined ? {} : { tick }) });
  const events: AuthEvent[] = [];
  const signer = { calls: 0, failures: [] as BackendFailure[] };
  const lookups: string[] = [];
  const keySets = {
    agent: [agentKey.jwk],
    issuer: [issuerKey.jwk],
    asked: [] as string[],
    problem: undefined as KeysProblem | undefined,
  };
  const secret = { failure: undefined as BackendFailure | undefined };
  let random = 0;

  const keySetOf = (who: string, keys: readonly object[], newer: boolean): Result<KeySet, KeysProblem> => {
    keySets.asked.push(newer ? `${who} newer` : who);
    return keySets.problem === undefined ? ok({ keys }) : err(keySets.problem);
  };
  const deps: TokenDeps = {
    store,
    now: clock.now,
    randomBytes: (length) => {
      random += 1;
      return createHash('sha512').update(String(random)).digest().subarray(0, length);
    },
    log: (event) => events.push(event),
    issuer: ISSUER,
    config,
    signer: {
      sign: async (_, input) => {
        signer.calls += 1;
        await tick?.();
        const failure = signer.failures.shift();
        return failure === undefined ? ok(signEs256(input)) : err(failure);
      },
    },
    keys: { current: async () => ok([SIGNING_KEY]) },
    tokenKey: async () => (secret.failure === undefined ? ok(Buffer.alloc(32, 7)) : err(secret.failure)),
    clients: {
      find: async (clientId) => {
        lookups.push(clientId);
        const found = clients.get(clientId);
        return found === undefined ? err({ kind: 'unknown', cause: 'not there' }) : ok(found);
      },
    },
    assertions: {
      forClient: async (asked, newer) =>
        keySetOf('client', asked.jwks?.keys ?? (asked.jwksUri ? keySets.agent : []), newer),
      forIssuer: async (_, newer) => keySetOf('issuer', keySets.issuer, newer),
    },
    jwt: joseVerifier,
    resources: resourceRules({
      gatewayUrl: ISSUER,
      upstreamNames: ['notes', 'mail'],
      scopes: ['mcp:read', 'mcp:write'],
    }),
  };

  const seconds = () => Math.floor(clock.now() / 1000);
  let assertions = 0;
  /** A client assertion or an identity assertion, good but for `claims` and `header`; `undefined` leaves one out. */
  const jwt = (
    base: object,
    key: TestKey,
    typ: string | undefined,
    claims: object,
    header: object,
  ): Promise<string> => {
    assertions += 1;
    const all = { iat: seconds(), exp: seconds() + 60, jti: `jti-${assertions}`, ...base, ...claims };
    return new SignJWT(JSON.parse(JSON.stringify(all)))
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...(typ === undefined ? {} : { typ }), ...header })
      .sign(key.privateKey);
  };

  return {
    clock,
    store,
    events,
    signer,
    secret,
    clients,
    keySets,
    lookups,
    deps,
    config,
    machineKey,
    agentKey,
    issuerKey,
    seconds,
    changeClient(clientId: string, changes: Partial<Client>): void {
      clients.set(clientId, { ...(clients.get(clientId) as Client), ...changes });
    },

    /** A consented grant with its code, as the consent page leaves it. */
    async consent(changes: Partial<GrantRecord> = {}, seed = 'h'): Promise<{ code: string; grantId: string }> {
      const handle = handleFrom(seed.repeat(43).slice(0, 43));
      const facts = changes.client ?? factsOf(clients.get(AGENT) as Client);
      const grant: GrantRecord = {
        grantId: grantIdOf(handle),
        person: {
          subject: SUBJECT,
          displayName: 'alice@example.com',
          groups: ['staff'],
          isAdministrator: false,
          authenticatedAtMs: clock.now() - 5_000,
        },
        client: facts,
        phase: 'code',
        origin: 'consent',
        scopes: ['mcp:read', 'mcp:write'],
        resource: RESOURCE,
        redirectUri: REDIRECT,
        codeHash: hashOf(authorizationCode(handle, SUBJECT)),
        codeExpiresAtMs: clock.now() + 60_000,
        codeChallenge: hashOf(VERIFIER),
        generation: 0,
        createdAtMs: clock.now(),
        endsAtMs: clock.now() + 90 * 86_400_000,
        ...changes,
      };
      await deps.store.create(AUTH_KEYS.grant(SUBJECT, grant.grantId), grant, { validUntilMs: clock.now() + 600_000 });
      return { code: authorizationCode(handle, SUBJECT), grantId: grant.grantId };
    },
    grant: (grantId: string, subject = SUBJECT) => store.peek<GrantRecord>(AUTH_KEYS.grant(subject, grantId)),
    async throwSwitch(kind: SwitchRecord['kind'], changes: Partial<SwitchRecord> = {}, id = AGENT): Promise<void> {
      const key = {
        person: AUTH_KEYS.personSwitch(SUBJECT),
        client: AUTH_KEYS.clientSwitch(clientHash(id)),
        gateway: AUTH_KEYS.gatewaySwitch(),
      }[kind];
      const nowMs = clock.now();
      const record = {
        kind,
        blocked: false,
        revokedBeforeMs: nowMs,
        updatedAtMs: nowMs,
        updatedBy: 'admin',
        ...changes,
      };
      await store.create(key, record, { validUntilMs: Number.MAX_SAFE_INTEGER });
    },

    token: (form: Form, request: Partial<AuthzRequest> = {}) => serveToken(formRequest('/token', form, request), deps),
    revoke: (form: Form, request: Partial<AuthzRequest> = {}) =>
      serveRevoke(formRequest('/revoke', form, request), deps),
    clientAssertion: (claims: object = {}, header: object = {}, key = machineKey, clientId = MACHINE) =>
      jwt({ iss: clientId, sub: clientId, aud: ISSUER }, key, 'JWT', claims, header),
    idJag: (claims: object = {}, header: object = {}, key = issuerKey) =>
      jwt(
        { iss: ID_JAG_ISSUER, sub: 'alice', aud: ISSUER, client_id: KEYED_AGENT, resource: RESOURCE },
        key,
        'oauth-id-jag+jwt',
        claims,
        header,
      ),
  };
}

export type TokenScene = Awaited<ReturnType<typeof tokenScene>>;

/** Parameters; a list sends the name several times, `undefined` not at all. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export function formRequest(path: string, form: Form, changes: Partial<AuthzRequest> = {}): AuthzRequest {
  const pairs = Object.entries(form).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : value === undefined ? [] : [value]).map((one: string): [string, string] => [
      name,
      one,
    ]),
  );
  return {
    method: 'POST',
    path,
    query: Object.create(null) as Parameters,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(pairs).toString(),
    requestId: 'request-1',
    ...changes,
  };
}

export function codeForm(code: string, changes: Form = {}): Form {
  return { grant_type: 'authorization_code', client_id: AGENT, code, code_verifier: VERIFIER, ...changes };
}

export function refreshForm(token: string, changes: Form = {}): Form {
  return { grant_type: 'refresh_token', client_id: AGENT, refresh_token: token, ...changes };
}

export interface TokenAnswer {
  readonly status: number;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

export function bodyOf(answer: AuthzAnswer): Record<string, unknown> {
  return { status: answer.status, ...(JSON.parse(answer.body) as object) };
}

/** The tokens of an answer that must be a success. */
export async function tokens(answer: AuthzAnswer | Promise<AuthzAnswer>): Promise<TokenAnswer> {
  const body = bodyOf(await answer);
  if (body['status'] !== 200) throw new Error(`refused: ${JSON.stringify(body)}`);
  return body as unknown as TokenAnswer;
}

export function claimsOf(jwt: string): Record<string, unknown> {
  return decodeJwt(jwt) as Record<string, unknown>;
}

export function headerOf(jwt: string): unknown {
  return decodeProtectedHeader(jwt);
}

export const INVALID_GRANT = {
  status: 400,
  error: 'invalid_grant',
  error_description: 'The grant is not valid, is over, or belongs to another client.',
};
export const INVALID_CLIENT = {
  status: 401,
  error: 'invalid_client',
  error_description: 'The client is unknown or did not authenticate as it has to.',
};
export const UNAVAILABLE = {
  status: 503,
  error: 'temporarily_unavailable',
  error_description: 'The gateway cannot answer right now; send the request again.',
};

function client(clientId: string, changes: Partial<Client>): Client {
  return {
    clientId,
    kind: 'metadata_document',
    name: 'Agent',
    authentication: 'none',
    redirectUris: [REDIRECT],
    grantTypes: CODE_GRANTS,
    ...changes,
  };
}
