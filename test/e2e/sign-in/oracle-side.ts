import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { PATHS } from '../../../lambda/contract/paths';
import { startDemoIssuer } from '../../../local/demo/issuer';
import { logIn } from '../../../local/demo/log-in';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import { startGatewayProcess } from '../harness/gateway-process';
import { Person } from '../harness/person';
import { Agent, type Change, codeOf, errorOf, parameters, postForm, REDIRECT_URI } from './agent';
import { startOracleProvider } from './oracle-provider';

export const HTTPS_REDIRECT = 'https://app.example.com/callback';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What is asked of a token or revocation endpoint. */
export type AskForTokens = (side: Side) => Promise<RawAnswer>;

/** An authorization server with the clients `app`, `other` and `machine`, and how to ask it something. */
export class Side {
  readonly app: Agent;
  readonly other: Agent;
  #assertions = 0;

  constructor(
    readonly url: string,
    readonly machineKey: CryptoKey,
    readonly otherKey: CryptoKey,
    private readonly signInAt: (authorizationUrl: URL) => Promise<URL>,
  ) {
    this.app = new Agent({ url, clientId: 'app', resource: `${url}/mcp/tools` });
    this.other = this.app.again({ clientId: 'other' });
  }

  /** A new sign-in of the app: the client that has the verifier, and the code. */
  async code(change?: Change): Promise<{ readonly app: Agent; readonly code: string }> {
    const app = this.app.again();
    return { app, code: codeOf(await this.signInAt(app.authorizationUrl(change))) };
  }

  async tokens(): Promise<{ readonly app: Agent; readonly accessToken: string; readonly refreshToken: string }> {
    const { app, code } = await this.code();
    return { app, ...tokens(await app.redeem(code)) };
  }

  post(form: URLSearchParams | string, headers?: readonly string[], path: string = PATHS.token): Promise<RawAnswer> {
    if (typeof form !== 'string') return postForm(this.url + path, form, headers);
    return rawCall(this.url + path, { headers: headers ?? [], body: form });
  }

  assertion(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key: CryptoKey | Uint8Array = this.machineKey,
  ): Promise<string> {
    this.#assertions += 1;
    const now = Math.floor(Date.now() / 1000);
    const usual = {
      iss: 'machine',
      sub: 'machine',
      aud: this.url,
      iat: now,
      exp: now + 60,
      jti: `${this.#assertions}`,
    };
    return new SignJWT(JSON.parse(JSON.stringify({ ...usual, ...claims })))
      .setProtectedHeader({ alg: 'ES256', kid: 'm1', ...header })
      .sign(key);
  }

  machineForm(clientAssertion: string, change: Change = {}): URLSearchParams {
    return parameters({
      grant_type: 'client_credentials',
      scope: 'mcp:tools',
      resource: this.app.options.resource,
      client_assertion_type: JWT_BEARER,
      client_assertion: clientAssertion,
      ...change,
    });
  }
}

export function tokens({ text }: RawAnswer): { readonly accessToken: string; readonly refreshToken: string } {
  const { access_token: accessToken = '', refresh_token: refreshToken = '' } = JSON.parse(text) as Record<
    string,
    string
  >;
  return { accessToken, refreshToken };
}

/** What an authorization endpoint did: `signs in`, `page 400`, or what it told the client. */
export function authorizeOutcome({ status, headers }: RawAnswer): string {
  // In a fragment as well: where a client asked for a token there, it is told of its error there.
  const location = headers['location']?.replace('#', '?');
  if (location === undefined) return `page ${status}`;
  const toClient =
    location.startsWith(HTTPS_REDIRECT) ||
    /^http:\/\/(127\.0\.0\.1|localhost):\d+\/(?!authorize|interaction)[^?]*\?.*iss=/.test(location);
  if (!toClient) return 'signs in';
  const answer = new URL(location).searchParams;
  return `client: ${answer.get('error') ?? 'code'}`;
}

/** What a token endpoint did: `200`, or the status with the error. */
export function tokenOutcome(answer: RawAnswer): string {
  if (answer.status === 200) return '200';
  const isJson = answer.headers['content-type']?.startsWith('application/json');
  const error = isJson ? errorOf(answer) : undefined;
  return typeof error === 'string' ? `${answer.status} ${error}` : `${answer.status}`;
}

/** Both servers, with the same clients, resources and scopes. */
export async function startSides(): Promise<{ ours: Side; oracle: Side; close(): Promise<void> }> {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const stranger = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'm1', use: 'sig', alg: 'ES256' };
  const issuer = await startDemoIssuer();
  const redirects = [REDIRECT_URI, HTTPS_REDIRECT];
  const gateway = await startGatewayProcess({
    upstreams: ['tools', 'other'].map((name) => ({ name, url: 'http://127.0.0.1:9/' })),
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
      clients: [
        { clientId: 'app', name: 'App', redirectUris: redirects, grantTypes: ['authorization_code', 'refresh_token'] },
        {
          clientId: 'other',
          name: 'Other',
          redirectUris: redirects,
          grantTypes: ['authorization_code', 'refresh_token'],
        },
        {
          clientId: 'machine',
          name: 'Machine',
          redirectUris: [],
          jwks: { keys: [jwk] },
          grantTypes: ['client_credentials'],
        },
      ],
    },
  });
  const forPeople = {
    redirect_uris: redirects,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
    token_endpoint_auth_method: 'none' as const,
  };
  const oracle = await startOracleProvider([
    { client_id: 'app', ...forPeople },
    { client_id: 'other', ...forPeople },
    {
      client_id: 'machine',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [jwk as never] },
    },
  ]);
  const person = (url: URL) => new Person(gateway.url, issuer, 'alice').signIn(url);
  return {
    ours: new Side(gateway.url, pair.privateKey, stranger.privateKey, person),
    oracle: new Side(oracle.url, pair.privateKey, stranger.privateKey, async (url) => oracleSignIn(url)),
    close: async () => {
      await gateway.close();
      await oracle.close();
      await issuer.close();
    },
  };
}

/** The redirect to the client is to a loopback address as well, on another port: the walk ends there. */
async function oracleSignIn(url: URL): Promise<URL> {
  return new URL(await logIn(url.href, 'alice'));
}
