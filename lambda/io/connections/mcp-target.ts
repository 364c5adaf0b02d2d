import type { ProviderConfig } from '../../config/gateway-config';
import type { AuthorizationTarget, ProviderProblem } from '../../core/connections/provider-port';
import type { Result } from '../../core/result';

/** Finds where people authorize for an MCP server, and as which client of it the gateway acts. */
export interface McpTargets {
  target(provider: ProviderConfig): Promise<Result<AuthorizationTarget, ProviderProblem>>;
}
