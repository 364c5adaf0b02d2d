import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Provider, { type ClientMetadata, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { writePrivateFile } from '../private-file';
import { memoryAdapter } from './issuer-adapter';
import { closeNow, listenOnLoopback } from './listen';
import { logIn } from './log-in';
import { LOGIN_PATH, serveLogin } from './login-page';
import { type DemoPersonName, demoPerson } from './people';

export interface TokenOptions {
  /** Audience of the token: an endpoint's URL. */
  readonly resource: string;
  /** @default 'mcp:tools' */
  readonly scope?: string;
  /** @default 'demo-agent' */
  readonly subject?: string;
  /** Negative for a token that has already expired. @default 300 */
  readonly expiresInSeconds?: number;
}

export interface DemoIssuer {
  /** The `iss` of its tokens; metadata at `/.well-known/openid-configuration` below it. */
  readonly issuer: string;
  readonly port: number;
  /** How a gateway signs people in here: `client_secret_basic`, scopes `openid profile email`, claim `groups`. */
  readonly client: { readonly id: string; readonly secret: string };
  /** Signs a person in without a browser: from the authorization URL to the callback URL. */
  logIn(authorizationUrl: string, person: DemoPersonName | 'cancel'): Promise<string>;
  /** Asks the token endpoint for an `at+jwt` access token by the client credentials grant. */
  token(options: TokenOptions): Promise<string>;
  close(): Promise<void>;
}

const CLIENT_ID = 'demo-agent';
const GATEWAY_CLIENT_ID = 'mcp-gateway';
/** Of a gateway on this machine, whatever its port: it is not known yet. */
const GATEWAY_CALLBACK = /^http:\/\/(127\.0\.0\.1|localhost):\d{1,5}\/idp\/callback$/;
/** How {@link DemoIssuer.token} asks for a subject or lifetime the grant itself has no parameter for. */
const SUBJECT_HEADER = 'demo-subject';
const EXPIRY_HEADER = 'demo-expires-in';

/**
 * The company's identity provider, played by `oidc-provider` on loopback: people sign in for the gateway, and agents
 * get access tokens of its own where the gateway leaves that to it.
 *
 * With a `dataDir` its signing key and the gateway's client secret survive a restart: tokens issued before it stay
 * valid, and a gateway that was told the secret knows it still.
 */
export async function startDemoIssuer(options: { port?: number; dataDir?: string } = {}): Promise<DemoIssuer> {
  const server = createServer();
  const port = await listenOnLoopback(server, options.port);
  const issuer = `http://127.0.0.1:${port}`;
  const clientSecret = randomBytes(32).toString('base64url');
  const gatewaySecret = kept(options.dataDir, 'issuer-client.json', () => randomBytes(32).toString('base64url'));
  const clients = [agentClient(clientSecret), gatewayClient(gatewaySecret)];
  const provider = new Provider(issuer, configuration(signingKey(options.dataDir), clients));
  provider.Client.prototype.redirectUriAllowed = (uri) => GATEWAY_CALLBACK.test(uri);
  const serve = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith(LOGIN_PATH)) return void serve(request, response);
    serveLogin(provider, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400, { 'Content-Type': 'text/plain' });
      response.end('This sign-in is over: start again where you came from.');
    });
  });

  return {
    issuer,
    port,
    client: { id: GATEWAY_CLIENT_ID, secret: gatewaySecret },
    logIn,
    token: (request) => requestToken(`${issuer}/token`, clientSecret, request),
    close: () => closeNow(server),
  };
}

async function requestToken(endpoint: string, clientSecret: string, request: TokenOptions): Promise<string> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${clientSecret}`).toString('base64')}`,
      [SUBJECT_HEADER]: request.subject ?? CLIENT_ID,
      [EXPIRY_HEADER]: String(request.expiresInSeconds ?? 300),
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: request.resource,
      scope: request.scope ?? 'mcp:tools',
    }),
  });
  const body = (await answer.json()) as { access_token?: string; error?: string; error_description?: string };
  if (!body.access_token)
    throw new Error(`demo issuer refused: ${body.error ?? answer.status} ${body.error_description ?? ''}`);
  return body.access_token;
}

function agentClient(secret: string): ClientMetadata {
  return {
    client_id: CLIENT_ID,
    client_secret: secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  };
}

function gatewayClient(secret: string): ClientMetadata {
  return {
    client_id: GATEWAY_CLIENT_ID,
    client_secret: secret,
    grant_types: ['authorization_code'],
    redirect_uris: ['http://127.0.0.1/idp/callback'],
    response_types: ['code'],
  };
}

function configuration(key: JWK, clients: ClientMetadata[]): Configuration {
  return {
    adapter: memoryAdapter(),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients,
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
    // As companies' providers do, and not only at the userinfo endpoint.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => {
      const person = demoPerson(id);
      return person && { accountId: id, claims: () => ({ sub: id, ...person }) };
    },
    interactions: { url: (_ctx, { uid }) => LOGIN_PATH + uid },
    loadExistingGrant: companyConsent,
    renderError: (ctx, { error }) => {
      ctx.type = 'text/plain';
      ctx.body = `The demo issuer refuses: ${error}`;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Any resource and any scope: the gateway, not this demo, is what decides.
        getResourceServerInfo: (ctx, resource) => ({
          scope: String(ctx.oidc.params?.scope ?? ''),
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (ctx, _token, jwt) => {
          Object.assign(jwt.payload, requestedClaims(ctx, Number(jwt.payload['iat'])));
        },
      },
    },
    ttl: {
      ClientCredentials: 300,
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      Session: 3_600,
      Grant: 3_600,
    },
  };
}

function requestedClaims(ctx: KoaContextWithOIDC, issuedAt: number): { sub: string; iat: number; exp: number } {
  const lifetime = Number(ctx.get(EXPIRY_HEADER) || 300);
  return {
    sub: ctx.get(SUBJECT_HEADER) || CLIENT_ID,
    // A token that has expired was issued before it did.
    iat: Math.min(issuedAt, issuedAt + lifetime - 1),
    exp: issuedAt + lifetime,
  };
}

/** The company has agreed for its people that its own gateway may know who they are. */
async function companyConsent({ oidc }: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']> | undefined> {
  const { client, session, params, provider } = oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(String(params?.['scope'] ?? ''));
  await grant.save();
  return grant;
}

function signingKey(dataDir: string | undefined): JWK {
  return kept(dataDir, 'issuer-key.json', () => ({
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    use: 'sig',
    alg: 'ES256',
  })) as JWK;
}

/** What a file of the data directory holds, made at the first start. */
function kept<T>(dataDir: string | undefined, name: string, make: () => T): T {
  const path = dataDir === undefined ? undefined : join(dataDir, name);
  if (path !== undefined && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  const made = make();
  if (path !== undefined) writePrivateFile(path, JSON.stringify(made));
  return made;
}
