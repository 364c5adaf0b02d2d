import type { IConstruct } from 'constructs';

/**
 * Stable codes of {@link ConfigurationError}.
 *
 * - `invalid_props`: values of the construct's props are wrong; the message lists all of them.
 * - `environment_too_large`: Lambda's 4 KB of environment variables would overflow.
 * - `no_sign_in`: asks something of sign-in, which this gateway leaves to another issuer.
 * - `no_connections`: asks something of connected accounts, of which this gateway has none.
 */
export type ConfigurationErrorCode = 'invalid_props' | 'environment_too_large' | 'no_sign_in' | 'no_connections';

/** The only error this library throws at synth. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(
    readonly code: ConfigurationErrorCode,
    message: string,
    scope: IConstruct,
  ) {
    super(`[${scope.node.path}] ${message}`);
  }
}
