import type { Duration } from 'aws-cdk-lib';

/** How a platform recognises the gateway as its client. */
export enum ProviderAuthentication {
  /** HTTP Basic, id and secret encoded as RFC 6749 §2.3.1 says. */
  CLIENT_SECRET_BASIC = 'client_secret_basic',
  /** HTTP Basic with id and secret as they are, for platforms that do not decode. */
  CLIENT_SECRET_BASIC_RAW = 'client_secret_basic_raw',
  /** Id and secret in the body. */
  CLIENT_SECRET_POST = 'client_secret_post',
  /** HTTP Basic with the secret as the user name, and no password. */
  BASIC_SECRET_ONLY = 'basic_secret_only',
}

/** What happens to a refresh token when it is used. */
export enum RefreshTokenRotation {
  /** It works once; the answer brings the next. */
  ALWAYS = 'always',
  /** Whatever the answer brings is kept. */
  SOMETIMES = 'sometimes',
  /** The first one stays. */
  NEVER = 'never',
}

/**
 * How keys of a platform make their successors and end others by API: JSON both ways, all of it at one origin, asked with
 * the key itself. Paths have dots, into the answer; `{id}` in a URL is the id of the key in question.
 */
export interface KeyRotationOptions {
  /** Where keys are made, by POST. */
  readonly createUrl: string;

  /**
   * Member of the body that names the new key.
   *
   * @default 'name'
   */
  readonly nameMember?: string;

  /**
   * Members the new key gets from the description of the one in use, with the path where each is, such as
   * `{ scopes: 'scopes' }`. Without all of them no key is made: what is left out is often everything.
   *
   * @default - none: the new key may do what a key may that is made by name alone
   */
  readonly keptMembers?: { [member: string]: string };

  /** Path of the new key. */
  readonly keyPath: string;

  /** Path of its id. */
  readonly idPath: string;

  /** Where all keys are listed, by GET. */
  readonly listUrl: string;

  /** Path of the list. */
  readonly listPath: string;

  /**
   * Path of the id in an entry of it.
   *
   * @default 'id'
   */
  readonly listIdPath?: string;

  /**
   * Path of the name in an entry of it.
   *
   * @default 'name'
   */
  readonly listNamePath?: string;

  /** Where a key is ended, by DELETE, with `{id}`. */
  readonly deleteUrl: string;

  /** What answers a GET with 200 if the key works, about that key. */
  readonly describeUrl: string;

  /**
   * Path of the key's id in that answer.
   *
   * @default - it says none; a first key, which the gateway has not made, is then left for you to end
   */
  readonly describedIdPath?: string;

  /**
   * Where a key's id is in the key itself: a regular expression that begins with `^`, with one group.
   *
   * @default - it is not in the key
   */
  readonly idPattern?: string;
}

/** What there is to say of a platform. Of one of the catalogue, what is left out stays. */
export interface ProviderOptions {
  /**
   * Its name as people know it.
   *
   * @default - the id, or what the catalogue says
   */
  readonly displayName?: string;

  /**
   * Where a person's browser is sent. With `tokenEndpoint`, what OAuth needs.
   *
   * @default - no OAuth, or what the catalogue says
   */
  readonly authorizationEndpoint?: string;

  /**
   * Where codes are redeemed.
   *
   * @default - no OAuth, or what the catalogue says
   */
  readonly tokenEndpoint?: string;

  /**
   * Where tokens are refreshed.
   *
   * @default - at the token endpoint, or what the catalogue says
   */
  readonly refreshEndpoint?: string;

  /**
   * Where tokens are revoked (RFC 7009).
   *
   * @default - nowhere, or what the catalogue says
   */
  readonly revocationEndpoint?: string;

  /**
   * What `iss` in an answer has to be (RFC 9207). Without one, an answer that has it is refused.
   *
   * @default - none, or what the catalogue says
   */
  readonly issuer?: string;

  /**
   * Whether PKCE is sent. Leave it on unless the platform refuses it.
   *
   * @default - true, or what the catalogue says
   */
  readonly pkce?: boolean;

  /**
   * How the platform recognises the gateway as its client.
   *
   * @default - ProviderAuthentication.CLIENT_SECRET_BASIC, or what the catalogue says
   */
  readonly authentication?: ProviderAuthentication;

  /**
   * Whether token requests are JSON instead of forms.
   *
   * @default - false, or what the catalogue says
   */
  readonly jsonTokenRequests?: boolean;

  /**
   * What stands between scopes: a blank or a comma; empty for a platform without scopes.
   *
   * @default - a blank, or what the catalogue says
   */
  readonly scopeSeparator?: string;

  /**
   * Scopes asked for unless a connection says which.
   *
   * @default - none, or what the catalogue says
   */
  readonly defaultScopes?: string[];

  /**
   * Sent with the authorization request, such as `{ access_type: 'offline' }`.
   *
   * @default - nothing, or what the catalogue says
   */
  readonly authorizationParameters?: { [name: string]: string };

  /**
   * Sent when a code is redeemed.
   *
   * @default - nothing, or what the catalogue says
   */
  readonly tokenParameters?: { [name: string]: string };

  /**
   * Sent when a token is refreshed.
   *
   * @default - nothing, or what the catalogue says
   */
  readonly refreshParameters?: { [name: string]: string };

  /**
   * Headers of token, refresh and revocation requests.
   *
   * @default - none, or what the catalogue says
   */
  readonly tokenHeaders?: { [name: string]: string };

  /**
   * Whether errors may come with HTTP 200.
   *
   * @default - false, or what the catalogue says
   */
  readonly errorsInSuccess?: boolean;

  /**
   * Whether there are refresh tokens.
   *
   * @default - true, or what the catalogue says
   */
  readonly refreshTokens?: boolean;

  /**
   * What happens to a refresh token when it is used.
   *
   * @default - RefreshTokenRotation.SOMETIMES, or what the catalogue says
   */
  readonly refreshTokenRotation?: RefreshTokenRotation;

  /**
   * A refresh token unused for so long is dead, from one day on. It is used before.
   *
   * @default - it lives on, or what the catalogue says
   */
  readonly refreshTokenIdleTimeout?: Duration;

  /**
   * How long an access token lives where its answer does not say, from one minute on.
   *
   * @default - until it is refused, or what the catalogue says
   */
  readonly accessTokenLifetime?: Duration;

  /**
   * Where to ask whose account it is, with the token. Without one, paths begin with `token.` and are of the token answer.
   *
   * @default - nobody is asked, or what the catalogue says
   */
  readonly accountEndpoint?: string;

  /**
   * Path of the account's stable id, with dots, such as `data.user.id`.
   *
   * @default - nobody is asked, or what the catalogue says
   */
  readonly accountIdPath?: string;

  /**
   * Path of the name people recognise.
   *
   * @default - none, or what the catalogue says
   */
  readonly accountNamePath?: string;

  /**
   * Path of the workspace's id, for `allowedWorkspaces`.
   *
   * @default - none, or what the catalogue says
   */
  readonly workspaceIdPath?: string;

  /**
   * Path of an e-mail address, for `allowedDomains`; only if the platform has verified it.
   *
   * @default - none, or what the catalogue says
   */
  readonly emailPath?: string;

  /**
   * How a token is sent, with `{access_token}` where it goes.
   *
   * @default - { Authorization: 'Bearer {access_token}' }, or what the catalogue says
   */
  readonly tokenTemplates?: { [name: string]: string };

  /**
   * How a key is sent, with `{key}` or other parts where they go, as in `Credential.headers`.
   *
   * @default - no keys, or what the catalogue says
   */
  readonly keyTemplates?: { [name: string]: string };

  /**
   * Page where one gets a key.
   *
   * @default - none, or what the catalogue says
   */
  readonly keyHelpUrl?: string;

  /**
   * How its keys are rotated by API, for `rotateEvery`.
   *
   * @default - by hand only, or what the catalogue says
   */
  readonly keyRotation?: KeyRotationOptions;
}
