/** Options of {@link RegisteredClient.publicClient}. */
export interface PublicClientOptions {
  /** What people read on the consent page. */
  readonly name: string;

  /**
   * Where the answer may go: `https`, `http` on loopback (any port), or the application's own scheme.
   *
   * They are compared character by character.
   */
  readonly redirectUris: string[];
}

/** Options of {@link RegisteredClient.confidentialClient}. */
export interface ConfidentialClientOptions extends PublicClientOptions {
  /** The client's public keys (JSON Web Keys), with which its `private_key_jwt` assertions are verified. */
  readonly keys: { [name: string]: unknown }[];
}

/** Options of {@link RegisteredClient.machine}. */
export interface MachineClientOptions {
  /** What administrators read in the list of grants. */
  readonly name: string;

  /** The machine's public keys (JSON Web Keys), with which its `private_key_jwt` assertions are verified. */
  readonly keys: { [name: string]: unknown }[];
}

/** A client you enter yourself, instead of letting it register. */
export class RegisteredClient {
  /** An application on a person's machine or in a browser: it can keep no key. */
  public static publicClient(clientId: string, options: PublicClientOptions): RegisteredClient {
    return new RegisteredClient({ clientId, ...options, grantTypes: PEOPLE });
  }

  /** An application with a server of its own, which signs with a key (`private_key_jwt`). */
  public static confidentialClient(clientId: string, options: ConfidentialClientOptions): RegisteredClient {
    const { name, redirectUris, keys } = options;
    return new RegisteredClient({ clientId, name, redirectUris, jwks: { keys }, grantTypes: PEOPLE });
  }

  /** A program that acts for itself, with no person present (`client_credentials` by `private_key_jwt`). */
  public static machine(clientId: string, options: MachineClientOptions): RegisteredClient {
    const { name, keys } = options;
    return new RegisteredClient({ clientId, name, jwks: { keys }, grantTypes: ['client_credentials'] });
  }

  private constructor(
    /** @internal */
    public readonly _config: { readonly [name: string]: unknown },
  ) {}
}

const PEOPLE = ['authorization_code', 'refresh_token'];
