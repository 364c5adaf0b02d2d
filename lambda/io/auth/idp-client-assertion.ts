import { randomUUID } from 'node:crypto';
import type { IdentityProviderConfig } from '../../config/gateway-config';
import { signJws } from '../../core/authz/sign-jws';
import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';

type Answer<T> = Promise<Result<T, BackendFailure>>;

/** A key that proves to the IdP who the gateway is, without being here. */
export interface ClientKey {
  readonly algorithm: 'ES256' | 'PS256' | 'RS256';
  /** The `kid` under which the IdP knows its public part, where it knows several. */
  readonly keyId?: string;
  /** The signature as JWS wants it: RFC 7518 §3.3 to §3.5. */
  sign(signingInput: string, algorithm: ClientKey['algorithm']): Answer<Uint8Array>;
}

/** What the configured way to authenticate takes. */
export interface IdpClientCredentials {
  /** For `client_secret_basic` and `client_secret_post`. */
  readonly secret?: () => Answer<string>;
  /** For `private_key_jwt`. */
  readonly clientKey?: ClientKey;
}

/** What a request to the token endpoint carries to say who asks. */
export interface ClientProof {
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

type ClientConfig = Pick<IdentityProviderConfig, 'clientId' | 'clientAuthentication'>;

const ASSERTION_SECONDS = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How the gateway authenticates one request to the IdP's token endpoint. Whatever that takes is fetched and signed here. */
export async function idpClientAuthentication(
  as: { readonly issuer: string },
  config: ClientConfig,
  credentials: IdpClientCredentials,
  now: () => number,
): Answer<ClientProof> {
  const { clientId, clientAuthentication } = config;
  const named = { client_id: clientId };
  if (clientAuthentication === 'none') return ok({ form: named });

  if (clientAuthentication === 'private_key_jwt') {
    const assertion = await clientAssertion(as.issuer, clientId, credentials.clientKey, now);
    if (!assertion.ok) return assertion;
    return ok({
      form: { ...named, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion.value },
    });
  }

  const secret = (await credentials.secret?.()) ?? ok('');
  if (!secret.ok) return secret;
  // Made by the deployment, and not filled yet.
  if (secret.value === '') return err({ service: 'secretsmanager', kind: 'not_found', name: 'NoClientSecret' });
  if (clientAuthentication === 'client_secret_post') return ok({ form: { ...named, client_secret: secret.value } });
  const pair = `${formEncoded(clientId)}:${formEncoded(secret.value)}`;
  return ok({ headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } });
}

/**
 * RFC 6749 appendix B, encoding no more than it must: `-`, `_`, `.` and `~` stay as they are, which whoever decodes
 * reads all the same, and whoever forgets to decode then reads rightly, too.
 */
function formEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}

/** RFC 7523 §3. For the issuer alone: an audience of an endpoint could be another server's (RFC 7523bis). */
export async function clientAssertion(
  audience: string,
  clientId: string,
  key: ClientKey | undefined,
  now: () => number,
): Answer<string> {
  if (key === undefined) return err({ service: 'kms', kind: 'not_found', name: 'NoClientKey' });
  const seconds = Math.floor(now() / 1_000);
  const header = { alg: key.algorithm, typ: 'JWT', kid: key.keyId };
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: randomUUID(),
    iat: seconds,
    exp: seconds + ASSERTION_SECONDS,
  };
  return signJws(header, claims, (signingInput) => key.sign(signingInput, key.algorithm));
}
