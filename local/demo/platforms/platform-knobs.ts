/** What a test may turn while a platform runs. */
export interface PlatformKnobs {
  /** Of access tokens issued from now on. `undefined`: they never end by themselves, and no answer speaks of an end. */
  tokenLifetimeSeconds: number | undefined;
  /** For so long a used refresh token gets a successor again. */
  graceSeconds: number;
  /** Whether a refresh token comes with the first tokens. */
  issuesRefreshTokens: boolean;
  /** Grants these of the scopes asked for, and no others. `undefined`: all of them. */
  grantedScopes: readonly string[] | undefined;
  /** Before each answer to a program; browsers are not kept waiting. */
  delayMs: number;
}
