/** What a platform has seen, for tests to look at. */
export interface PlatformCounts {
  codesRedeemed: number;
  /** That succeeded. */
  refreshes: number;
  /** Attempts to refresh with a token it had ended, or never issued. */
  invalidGrants: number;
  revocations: number;
  /** With a token that worked: calls of its API and of its MCP server. */
  calls: number;
  /** Calls with a token it had ended, or never issued. */
  deadTokenUses: number;
  /** Calls with a token past its end. */
  expiredTokenUses: number;
}

export function noCounts(): PlatformCounts {
  return {
    codesRedeemed: 0,
    refreshes: 0,
    invalidGrants: 0,
    revocations: 0,
    calls: 0,
    deadTokenUses: 0,
    expiredTokenUses: 0,
  };
}
