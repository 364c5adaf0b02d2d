import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AUTHORIZATION_SERVER_DEFAULTS } from '../lambda/config/gateway-config';
import { PATHS } from '../lambda/contract/paths';
import type { Oauth21PkceOptions } from './oauth21-pkce-options';

/** An authorization server whose access tokens the gateway accepts. */
export interface TokenIssuer {
  /**
   * The issuer of the access tokens, exactly as in their `iss` claim: your company's authorization server.
   */
  readonly issuer: string;

  /**
   * Where the issuer's public keys are.
   *
   * @default - taken from the issuer's metadata (RFC 8414, OpenID Connect Discovery)
   */
  readonly jwksUri?: string;

  /**
   * Scopes a token must carry to call any endpoint of this gateway.
   *
   * @default - none
   */
  readonly requiredScopes?: string[];

  /**
   * Signature algorithms accepted. Asymmetric ones only.
   *
   * @default ['ES256', 'RS256', 'PS256', 'EdDSA']
   */
  readonly algorithms?: string[];

  /**
   * Accepted `typ` values of a token's header, in lower case and without `application/`.
   *
   * Add `jwt` only for an issuer that cannot mark its access tokens: an ID token would pass as well
   * if its audience were this gateway.
   *
   * @default ['at+jwt']
   */
  readonly acceptedTokenTypes?: string[];

  /**
   * Clock difference with the issuer that is tolerated, up to one minute.
   *
   * @default Duration.seconds(5)
   */
  readonly clockTolerance?: Duration;
}

/** How callers of the gateway prove who they are. */
export abstract class AuthMode {
  /**
   * The gateway is the authorization server itself, in front of your company's identity provider.
   *
   * People paste the gateway's URL into their agent, sign in and consent (OAuth 2.1, PKCE). The agents need not be
   * known to the identity provider.
   */
  public static oauth21Pkce(options: Oauth21PkceOptions): AuthMode {
    return new Oauth21PkceAuth(options);
  }

  /**
   * Access tokens from an authorization server you already run.
   *
   * It must issue JWTs whose `aud` is the endpoint's URL or the gateway's `/mcp` URL (RFC 8707).
   *
   * @see https://www.rfc-editor.org/rfc/rfc9068
   */
  public static external(issuer: TokenIssuer): AuthMode {
    return new ExternalAuth(issuer);
  }

  /** @internal Set where the gateway signs people in itself. */
  public readonly _signIn: Oauth21PkceOptions | undefined;

  /**
   * Called once by the gateway it is given to; says whose tokens to accept.
   *
   * @param scope the gateway
   * @param gatewayUrl the gateway's URL, possibly a token
   */
  public abstract bind(scope: Construct, gatewayUrl: string): TokenIssuer;
}

class ExternalAuth extends AuthMode {
  constructor(private readonly issuer: TokenIssuer) {
    super();
  }

  public bind(_scope: Construct, _gatewayUrl: string): TokenIssuer {
    return this.issuer;
  }
}

class Oauth21PkceAuth extends AuthMode {
  /** @internal */
  public override readonly _signIn: Oauth21PkceOptions;

  constructor(options: Oauth21PkceOptions) {
    super();
    this._signIn = options;
  }

  public bind(_scope: Construct, gatewayUrl: string): TokenIssuer {
    return {
      issuer: gatewayUrl,
      // Spares every cold start the way by the metadata.
      jwksUri: gatewayUrl + PATHS.jwks,
      requiredScopes: this._signIn.scopes ?? [...AUTHORIZATION_SERVER_DEFAULTS.scopes],
      algorithms: ['ES256'],
      acceptedTokenTypes: ['at+jwt'],
    };
  }
}
