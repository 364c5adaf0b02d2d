import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ClientAuthentication } from './client-authentication';

/** What the gateway needs to know of every identity provider. */
export interface IdentityProviderOptions {
  /** The client id the provider gave the gateway. */
  readonly clientId: string;

  /**
   * The secret that holds the client secret, as its whole value.
   *
   * @default - see `clientAuthentication`
   */
  readonly clientSecret?: ISecret;

  /**
   * How the gateway authenticates to the provider.
   *
   * @default - with `clientSecret`, or with a new, empty secret; an output says how to fill it
   */
  readonly clientAuthentication?: ClientAuthentication;

  /**
   * Scopes asked of the provider.
   *
   * @default - `openid profile email`, and what this provider wants beside them to send groups
   */
  readonly scopes?: string[];

  /**
   * Parameters sent with every authorization request, such as `{ prompt: 'select_account' }`.
   *
   * @default - none, or those this provider needs
   */
  readonly authorizationParameters?: { [name: string]: string };

  /**
   * Claim of the ID token that holds the person's groups, a list of texts.
   *
   * @default - the provider's own, else 'groups'
   */
  readonly groupsClaim?: string;
}

/** Which organisations of a provider with many may sign in. */
export interface AllowedTenants {
  /** Claim of the ID token that names the organisation. */
  readonly claim: string;

  /** Its accepted values. */
  readonly values: string[];
}

/** Options of {@link IdentityProvider.oidc}. */
export interface OidcProviderOptions extends IdentityProviderOptions {
  /** The provider's issuer, exactly as in its metadata and in the `iss` of its ID tokens. */
  readonly issuer: string;

  /**
   * Signature algorithms of ID tokens. Asymmetric ones only.
   *
   * @default ['RS256', 'ES256', 'PS256', 'EdDSA']
   */
  readonly idTokenAlgorithms?: string[];

  /**
   * Claim that stands for the same person for good. Never an e-mail address: those pass to somebody else.
   *
   * @default 'sub'
   */
  readonly subjectClaim?: string;

  /**
   * Which organisations may sign in, for a provider that has many.
   *
   * @default - whoever the provider signs in
   */
  readonly allowedTenants?: AllowedTenants;
}

/** Options of {@link IdentityProvider.cognito}. Name the pool by `userPool`, or by `userPoolId` and `region`. */
export interface CognitoProviderOptions extends IdentityProviderOptions {
  /**
   * The user pool.
   *
   * @default - the one of `userPoolId` and `region`
   */
  readonly userPool?: IUserPool;

  /**
   * Id of the user pool, such as `eu-west-1_AbCdEfGhI`.
   *
   * @default - that of `userPool`
   */
  readonly userPoolId?: string;

  /**
   * Region of the user pool.
   *
   * @default - the part of `userPoolId` before the underscore
   */
  readonly region?: string;
}

/** Options of {@link IdentityProvider.entra}. */
export interface EntraProviderOptions extends IdentityProviderOptions {
  /** The directory's id, a GUID. People of other directories are refused. */
  readonly tenantId: string;
}

/** Options of {@link IdentityProvider.okta}. */
export interface OktaProviderOptions extends IdentityProviderOptions {
  /** The organisation's domain, such as `example.okta.com`. */
  readonly domain: string;

  /**
   * Id of a custom authorization server, such as `default`.
   *
   * @default - the organisation's own authorization server
   */
  readonly authorizationServer?: string;
}

/** Options of {@link IdentityProvider.google}. */
export interface GoogleProviderOptions extends IdentityProviderOptions {
  /** The Workspace domain. Other Google accounts are refused, those with an e-mail address of the domain too. */
  readonly hostedDomain: string;
}

/** Options of {@link IdentityProvider.auth0}. */
export interface Auth0ProviderOptions extends IdentityProviderOptions {
  /** The tenant's domain, such as `example.eu.auth0.com`, or its custom domain. */
  readonly domain: string;
}

/** Options of {@link IdentityProvider.keycloak}. */
export interface KeycloakProviderOptions extends IdentityProviderOptions {
  /** Where Keycloak is, such as `https://login.example.com`; with `/auth` behind it in old versions. */
  readonly url: string;

  /** Name of the realm. */
  readonly realm: string;
}
