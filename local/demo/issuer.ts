import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import Provider, { type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider';
import { writePrivateFile } from '../private-file';
import { memoryAdapter } from './issuer-adapter';
import { closeNow, listenOnLoopback } from './listen';

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
  /** Asks the token endpoint for an `at+jwt` access token by the client credentials grant. */
  token(options: TokenOptions): Promise<string>;
  close(): Promise<void>;
}

const CLIENT_ID = 'demo-agent';
/** How {@link DemoIssuer.token} asks for a subject or lifetime the grant itself has no parameter for. */
const SUBJECT_HEADER = 'demo-subject';
const EXPIRY_HEADER = 'demo-expires-in';

/**
 * The company's identity provider, played by `oidc-provider` on loopback.
 *
 * With a `dataDir` its signing key survives a restart, so tokens issued before it stay valid.
 */
export async function startDemoIssuer(options: { port?: number; dataDir?: string } = {}): Promise<DemoIssuer> {
  const server = createServer();
  const port = await listenOnLoopback(server, options.port);
  const issuer = `http://127.0.0.1:${port}`;
  const clientSecret = randomBytes(32).toString('base64url');
  const provider = new Provider(issuer, configuration(signingKey(options.dataDir), clientSecret));
  server.on('request', provider.callback());

  return {
    issuer,
    port,
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

function configuration(key: JWK, clientSecret: string): Configuration {
  return {
    adapter: memoryAdapter(),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
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
    ttl: { ClientCredentials: 300 },
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

function signingKey(dataDir: string | undefined): JWK {
  const path = dataDir === undefined ? undefined : join(dataDir, 'issuer-key.json');
  if (path !== undefined && existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as JWK;
  const key = {
    ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    use: 'sig',
    alg: 'ES256',
  } as JWK;
  if (path !== undefined) writePrivateFile(path, JSON.stringify(key));
  return key;
}
