import { Token } from 'aws-cdk-lib';
import { type ConfigProblem, show } from '../lambda/config/field';
import { isHost } from '../lambda/config/read-host';
import type {
  Auth0ProviderOptions,
  CognitoProviderOptions,
  EntraProviderOptions,
  GoogleProviderOptions,
  KeycloakProviderOptions,
  OidcProviderOptions,
  OktaProviderOptions,
} from './identity-provider-options';

/** What is known of a provider beside what its metadata says. */
export interface ProviderTraits {
  readonly name: string;
  /** How it wants a client secret if nobody says otherwise. */
  readonly secretMethod: 'client_secret_basic' | 'client_secret_post';
  /** Takes client assertions signed by ES256. */
  readonly takesAssertions: boolean;
  /** Can put groups into ID tokens. */
  readonly sendsGroups: boolean;
  /** Says whether an e-mail address is verified. */
  readonly verifiesEmail: boolean;
}

const PLAIN: ProviderTraits = {
  name: 'The provider',
  secretMethod: 'client_secret_basic',
  takesAssertions: true,
  sendsGroups: true,
  verifiesEmail: true,
};
const PROFILE_SCOPES = ['openid', 'profile', 'email'];
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The company's OpenID provider, where people sign in. Beside `oidc`, each is that with the provider's own values. */
export class IdentityProvider {
  /** Any OpenID provider that publishes its metadata (OpenID Connect Discovery). */
  public static oidc(options: OidcProviderOptions): IdentityProvider {
    return new IdentityProvider(options, PLAIN);
  }

  /** An Amazon Cognito user pool. It needs a domain, and an app client with the authorization code grant. */
  public static cognito(options: CognitoProviderOptions): IdentityProvider {
    const { userPool, userPoolId, region = userPoolId?.split('_')[0] } = options;
    const isNamed = userPool !== undefined || (userPoolId !== undefined && isNameOf(userPoolId, /^[a-z0-9-]+_\w+$/));
    const issuer = userPool
      ? `https://${userPool.userPoolProviderName}`
      : `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
    return new IdentityProvider(
      { groupsClaim: 'cognito:groups', ...options, issuer },
      { ...PLAIN, name: 'Cognito', takesAssertions: false },
      isNamed
        ? []
        : [
            problem(
              'userPoolId',
              userPoolId,
              'names no user pool',
              'give userPool, or an id such as eu-west-1_AbCdEfGhI',
            ),
          ],
    );
  }

  /** A Microsoft Entra directory. Its people are known by `oid`, and people of other directories are refused. */
  public static entra(options: EntraProviderOptions): IdentityProvider {
    const { tenantId } = options;
    return new IdentityProvider(
      {
        ...options,
        issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
        subjectClaim: 'oid',
        allowedTenants: { claim: 'tid', values: [tenantId] },
      },
      // Entra wants a certificate's thumbprint and RSA, and never says whether the address it sends is verified.
      { ...PLAIN, name: 'Entra', secretMethod: 'client_secret_post', takesAssertions: false, verifiesEmail: false },
      isNameOf(tenantId, GUID)
        ? []
        : [
            problem(
              'tenantId',
              tenantId,
              'is not the id of one directory',
              'give its GUID; common and organizations would admit anybody',
            ),
          ],
    );
  }

  /** An Okta organisation. */
  public static okta(options: OktaProviderOptions): IdentityProvider {
    const { domain, authorizationServer } = options;
    const isOrganisation = authorizationServer === undefined;
    return new IdentityProvider(
      {
        // A custom authorization server refuses scopes it does not define; there, groups come by a claim of its own.
        scopes: isOrganisation ? [...PROFILE_SCOPES, 'groups'] : PROFILE_SCOPES,
        ...options,
        issuer: isOrganisation ? `https://${domain}` : `https://${domain}/oauth2/${authorizationServer}`,
      },
      { ...PLAIN, name: 'Okta' },
      hostProblems('domain', domain),
    );
  }

  /** Google Workspace, one domain of it. Google sends no groups. */
  public static google(options: GoogleProviderOptions): IdentityProvider {
    const { hostedDomain } = options;
    return new IdentityProvider(
      {
        ...options,
        issuer: 'https://accounts.google.com',
        authorizationParameters: { hd: hostedDomain, ...options.authorizationParameters },
        // The address alone proves nothing: anybody may have a private Google account under an address of the domain.
        allowedTenants: { claim: 'hd', values: [hostedDomain] },
      },
      { ...PLAIN, name: 'Google', secretMethod: 'client_secret_post', takesAssertions: false, sendsGroups: false },
      hostProblems('hostedDomain', hostedDomain),
    );
  }

  /** An Auth0 tenant. */
  public static auth0(options: Auth0ProviderOptions): IdentityProvider {
    return new IdentityProvider(
      // With the slash: that is how Auth0 writes it everywhere.
      { ...options, issuer: `https://${options.domain}/` },
      { ...PLAIN, name: 'Auth0', secretMethod: 'client_secret_post', takesAssertions: false },
      hostProblems('domain', options.domain),
    );
  }

  /** A Keycloak realm. */
  public static keycloak(options: KeycloakProviderOptions): IdentityProvider {
    const { url, realm } = options;
    return new IdentityProvider(
      { ...options, issuer: `${url.replace(/\/$/, '')}/realms/${encodeURIComponent(realm)}` },
      { ...PLAIN, name: 'Keycloak', secretMethod: 'client_secret_post' },
    );
  }

  /** @internal */
  public readonly _options: OidcProviderOptions;

  /** @internal */
  public readonly _traits: ProviderTraits;

  /** @internal What was wrong with a preset's own options, by their names. */
  public readonly _problems: readonly ConfigProblem[];

  private constructor(options: OidcProviderOptions, traits: ProviderTraits, problems: readonly ConfigProblem[] = []) {
    this._options = options;
    this._traits = traits;
    this._problems = problems;
  }
}

function hostProblems(path: string, host: string): readonly ConfigProblem[] {
  return Token.isUnresolved(host) || isHost(host)
    ? []
    : [problem(path, host, 'is not a host name', 'give it in lower case, without scheme, port or path')];
}

function isNameOf(text: string, pattern: RegExp): boolean {
  return Token.isUnresolved(text) || pattern.test(text);
}

function problem(path: string, value: unknown, what: string, fix: string): ConfigProblem {
  return { path, value: show(value), problem: what, fix };
}
