import type { AuthorizationServerConfig } from '../../../config/gateway-config';
import type { BackendFailure } from '../../ports';
import type { Result } from '../../result';
import type { AssertionKeys, JwtVerifier } from '../assertion';
import type { ClientDirectory } from '../clients/client-directory';
import type { AuthzTools, SigningKeys, TokenSigner } from '../ports';
import type { ResourceRules } from '../resources';

/** What `/token`, `/revoke` and `/jwks` are given. */
export interface TokenDeps extends AuthzTools {
  /** The gateway's URL. */
  readonly issuer: string;
  readonly config: AuthorizationServerConfig;
  readonly signer: TokenSigner;
  readonly keys: SigningKeys;
  /** Authenticates refresh tokens. */
  readonly tokenKey: () => Promise<Result<Uint8Array, BackendFailure>>;
  readonly clients: ClientDirectory;
  readonly assertions: AssertionKeys;
  readonly jwt: JwtVerifier;
  readonly resources: ResourceRules;
}
