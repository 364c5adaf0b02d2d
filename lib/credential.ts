import type { Duration } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Connection, NO_KEYS } from './connection';
import type { Provider } from './provider';

/** Options every credential has. */
export interface CredentialOptions {
  /**
   * Name of the vault key, as in `mcp-gateway vault store <provider>`.
   *
   * Upstreams that name the same provider share one key.
   *
   * @default - the upstream's name
   */
  readonly provider?: string;

  /**
   * The secret that holds the sealed key. Give one to choose its encryption key or replication.
   *
   * What it contains is written and read by the gateway only; do not put the key there yourself.
   *
   * @default - a new, empty secret
   */
  readonly secret?: ISecret;
}

/** Options of a credential with one secret part. */
export interface KeyCredentialOptions extends CredentialOptions {
  /**
   * Name of the secret part.
   *
   * @default 'key'
   */
  readonly part?: string;
}

/** Options of {@link Credential.basic}. */
export interface BasicCredentialOptions extends CredentialOptions {
  /**
   * Name of the part that holds the user name.
   *
   * @default 'username'
   */
  readonly usernamePart?: string;

  /**
   * Name of the part that holds the password.
   *
   * @default 'password'
   */
  readonly passwordPart?: string;
}

/** Options of {@link Credential.operatorKey}. */
export interface OperatorKeyOptions extends CredentialOptions {
  /**
   * Have Secrets Manager replace the key this often, by the platform's API: from one day to 1000 days.
   *
   * Only of platforms that make and end keys by API, and with a key that may do so; see docs/rotation.md. The first key
   * is stored by hand after this is deployed, and is used by nobody else: it is ended by the first rotation.
   *
   * @default - the key is rotated by hand
   */
  readonly rotateEvery?: Duration;
}

/** Options of {@link Credential.ofPerson}. */
export interface PersonCredentialOptions {
  /**
   * Header name to value, with `{access_token}` where the token goes, or the parts of the person's key.
   *
   * @default - as the platform wants it
   */
  readonly templates?: { [name: string]: string };
}

/**
 * How a key from the vault, or a person's own account, is sent to an upstream.
 *
 * It says where the secret goes, never what it is: the value enters the vault by the CLI or the SDK
 * and is in no template, environment variable or log.
 */
export class Credential {
  /** `Authorization: Bearer <key>`. */
  public static bearer(options: KeyCredentialOptions = {}): Credential {
    return new Credential({ Authorization: `Bearer {${options.part ?? 'key'}}` }, options);
  }

  /** `<name>: <key>`, such as `X-Api-Key`. */
  public static header(name: string, options: KeyCredentialOptions = {}): Credential {
    return new Credential({ [name]: `{${options.part ?? 'key'}}` }, options);
  }

  /** `Authorization: Basic <base64 of user name and password>`. */
  public static basic(options: BasicCredentialOptions = {}): Credential {
    const username = options.usernamePart ?? 'username';
    const password = options.passwordPart ?? 'password';
    return new Credential({ Authorization: `Basic {${username}}:{${password}}` }, options);
  }

  /**
   * Several headers, or one of another shape.
   *
   * @param templates header name to value, with `{part}` where a secret part goes, such as
   * `{ 'X-Api-Key': '{key}', 'X-Api-Version': '2026-01-01' }`. A value that starts with `Basic ` is
   * base64-encoded behind that word.
   */
  public static headers(templates: { [name: string]: string }, options: CredentialOptions = {}): Credential {
    return new Credential(templates, options);
  }

  /** The operator's key of a platform, sent as that platform wants it. */
  public static operatorKey(platform: Provider, options: OperatorKeyOptions = {}): Credential {
    return new Credential({ ...(platform._facts.apiKey?.headers ?? NO_KEYS) }, options, {
      keysOf: platform,
      rotateEvery: options.rotateEvery,
    });
  }

  /**
   * What the calling person has connected: each call uses the caller's own account, or tells how to connect it.
   *
   * Needs `AuthMode.oauth21Pkce`.
   */
  public static ofPerson(connection: Connection, options: PersonCredentialOptions = {}): Credential {
    return new Credential({ ...(options.templates ?? connection._templates) }, {}, { connection });
  }

  /** @internal */
  public readonly _templates: { [name: string]: string };

  /** @internal Whose account it is, where it is a person's. */
  public readonly _connection: Connection | undefined;

  /** @internal The platform whose keys it is to be. */
  public readonly _keysOf: Provider | undefined;

  /** @internal How often the platform's API replaces it. */
  public readonly _rotateEvery: Duration | undefined;

  /** @internal */
  public readonly _provider: string | undefined;

  /** @internal */
  public readonly _secret: ISecret | undefined;

  private constructor(
    templates: { [name: string]: string },
    options: CredentialOptions,
    of: {
      readonly connection?: Connection;
      readonly keysOf?: Provider;
      readonly rotateEvery?: Duration | undefined;
    } = {},
  ) {
    this._templates = templates;
    this._connection = of.connection;
    this._keysOf = of.keysOf;
    this._rotateEvery = of.rotateEvery;
    this._provider = options.provider;
    this._secret = options.secret;
  }
}
