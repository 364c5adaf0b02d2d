/** Begins every request state of ours; an upstream's pass as they are. */
export const STATE_PREFIX = 'mcp-gateway.';

/** Begins what stands in the place of an upstream's session id: a header could not carry it. */
export const STAND_IN_MARK = '\n';

/** What may ask the person for something. @see MCP 2026-07-28, basic/patterns/mrtr */
export const ASKING: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

/** The tool that stands for all of an upstream's until there is an account to list them with; also the request's key. */
export function connectTool(provider: string): string {
  return `connect_${provider}`;
}
