import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** How the gateway proves to the identity provider that it is the client the provider knows. */
export class ClientAuthentication {
  /**
   * A client secret, sent in the way this provider expects by default.
   *
   * @param secret the secret that holds it as its whole value; without one the gateway makes an empty secret, and an
   * output says how to fill it
   */
  public static secret(secret?: ISecret): ClientAuthentication {
    return new ClientAuthentication('secret', secret);
  }

  /** A client secret, sent in the `Authorization` header (`client_secret_basic`). */
  public static secretBasic(secret?: ISecret): ClientAuthentication {
    return new ClientAuthentication('client_secret_basic', secret);
  }

  /** A client secret, sent in the request's body (`client_secret_post`). */
  public static secretPost(secret?: ISecret): ClientAuthentication {
    return new ClientAuthentication('client_secret_post', secret);
  }

  /**
   * No secret: assertions signed by a KMS key of the gateway (`private_key_jwt`, ES256).
   *
   * The key is made with the gateway; an output prints its public part for the provider.
   */
  public static privateKeyJwt(): ClientAuthentication {
    return new ClientAuthentication('private_key_jwt', undefined);
  }

  /** None: the provider knows the gateway as a public client. PKCE still protects the sign-in. */
  public static none(): ClientAuthentication {
    return new ClientAuthentication('none', undefined);
  }

  private constructor(
    /** @internal */
    public readonly _method: 'secret' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none',
    /** @internal */
    public readonly _secret: ISecret | undefined,
  ) {}
}
