export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

/** The tool call every row makes: small, as most tool calls are. */
export function toolCall(era: 'modern' | 'legacy', id: number, tool = 'echo'): object {
  const params = { name: tool, arguments: { text: 'hello' } };
  return { jsonrpc: '2.0', id, method: 'tools/call', params: era === 'modern' ? { ...params, _meta: META } : params };
}

export function initialize(id: number): object {
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: META['io.modelcontextprotocol/clientInfo'] };
  return { jsonrpc: '2.0', id, method: 'initialize', params };
}

export const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

/** The header fields an MCP client of that era sends with a message. */
export function mcpHeaders(era: 'modern' | 'legacy', message: object): Record<string, string> {
  const { method, params } = message as { method: string; params?: { name?: string } };
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(method === 'initialize' ? {} : { 'mcp-protocol-version': era === 'modern' ? MODERN : LEGACY }),
    ...(era === 'modern' ? { 'mcp-method': method, ...(params?.name ? { 'mcp-name': params.name } : {}) } : {}),
  };
}

/** A POST as bytes, ready to be sent over and over. */
export function postBytes(path: string, headers: Record<string, string>, body: string): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n${body}`);
}
