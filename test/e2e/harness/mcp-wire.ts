/** A POST as an MCP client of one era writes it. */
export interface WireCall {
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: string;
}

const META = 'io.modelcontextprotocol/';

const COMMON = ['Content-Type', 'application/json', 'Accept', 'application/json, text/event-stream'];

/** A request of revision 2026-07-28: version, method and name in headers as well as in the body. */
export function modernCall(method: string, params: Readonly<Record<string, unknown>> = {}, id: unknown = 1): WireCall {
  const name = params['name'] ?? params['uri'];
  return {
    headers: [
      ...COMMON,
      ...['MCP-Protocol-Version', '2026-07-28', 'Mcp-Method', method],
      ...(typeof name === 'string' ? ['Mcp-Name', name] : []),
    ],
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method,
      params: {
        ...params,
        _meta: {
          [`${META}protocolVersion`]: '2026-07-28',
          [`${META}clientInfo`]: { name: 'wire-test', version: '1.0.0' },
          [`${META}clientCapabilities`]: {},
          ...(params['_meta'] as object | undefined),
        },
      },
    }),
  };
}

/** A request of an older revision. */
export function legacyCall(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: { readonly id?: unknown; readonly session?: string; readonly version?: string } = {},
): WireCall {
  return {
    headers: [
      ...COMMON,
      ...(method === 'initialize' ? [] : ['MCP-Protocol-Version', options.version ?? '2025-11-25']),
      ...(options.session === undefined ? [] : ['Mcp-Session-Id', options.session]),
    ],
    body: JSON.stringify({ jsonrpc: '2.0', id: options.id ?? 1, method, params }),
  };
}

/** The opening request of a legacy session. */
export function initializeCall(version = '2025-11-25'): WireCall {
  return legacyCall('initialize', {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: 'wire-test', version: '1.0.0' },
  });
}

/** `call` with one header set to another value, or left out. */
export function withHeader(call: WireCall, name: string, value: string | undefined): WireCall {
  const headers: string[] = [];
  for (let i = 0; i < call.headers.length; i += 2) {
    if (call.headers[i]?.toLowerCase() !== name.toLowerCase()) headers.push(...call.headers.slice(i, i + 2));
  }
  return { ...call, headers: value === undefined ? headers : [...headers, name, value] };
}
