const INFO = { name: 'does-nothing', version: '1.0.0' };
const TOOLS = [
  { name: 'echo', description: 'Says ok', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } },
];
const OK = { content: [{ type: 'text', text: 'ok' }], isError: false };
const META = { 'io.modelcontextprotocol/serverInfo': INFO };

/** The least an MCP server can say, in either era; `undefined` for a notification. */
export function answer(message) {
  if (message.id === undefined) return undefined;
  const modern = message.params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined;
  const result = resultOf(message, modern);
  if (!result) return { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } };
  return {
    jsonrpc: '2.0',
    id: message.id,
    result: modern ? { ...result, resultType: 'complete', _meta: META } : result,
  };
}

function resultOf({ method, params }, modern) {
  const lists = modern ? { ttlMs: 60_000, cacheScope: 'public' } : {};
  switch (method) {
    case 'tools/call':
      return OK;
    case 'tools/list':
      return { tools: TOOLS, ...lists };
    case 'resources/list':
      return { resources: [], ...lists };
    case 'resources/templates/list':
      return { resourceTemplates: [], ...lists };
    case 'prompts/list':
      return { prompts: [], ...lists };
    case 'ping':
      return {};
    case 'initialize':
      return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: INFO };
    case 'server/discover':
      return { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ...lists };
    default:
      return undefined;
  }
}
