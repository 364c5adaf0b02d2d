import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

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

/**
 * How a key from the vault is sent to an upstream.
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

  /** @internal */
  public readonly _templates: { [name: string]: string };

  /** @internal */
  public readonly _provider: string | undefined;

  /** @internal */
  public readonly _secret: ISecret | undefined;

  private constructor(templates: { [name: string]: string }, options: CredentialOptions) {
    this._templates = templates;
    this._provider = options.provider;
    this._secret = options.secret;
  }
}
