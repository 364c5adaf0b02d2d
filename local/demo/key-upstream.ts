import { createServer, type ServerResponse } from 'node:http';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { closeNow, listenOnLoopback } from './listen';
import { maskSecret } from './mask-secret';
import { serveWeb } from './serve-web';

export interface KeyUpstream {
  /** Streamable HTTP URL. */
  readonly url: string;
  readonly port: number;
  /** The key header of the last accepted request, masked. */
  readonly lastSeen: string | undefined;
  close(): Promise<void>;
}

/**
 * An MCP server that demands a key, as a third-party API does: 401 without the exact header value.
 * Serves the 2026-07-28 revision and the earlier ones. Its tool `show_key` says what it received, masked.
 */
export async function startKeyUpstream(options: {
  /** The exact value the header must have: `Bearer sk_demo_…`. */
  headerValue: string;
  /** @default 'Authorization' */
  headerName?: string;
  port?: number;
}): Promise<KeyUpstream> {
  const headerName = options.headerName ?? 'Authorization';
  let lastSeen: string | undefined;
  const handler = createMcpHandler(({ requestInfo }) =>
    keyServer(headerName, requestInfo?.headers.get(headerName) ?? ''),
  );

  const server = createServer((request, response) => {
    const received = request.headers[headerName.toLowerCase()];
    if (received !== options.headerValue) return refuse(response);
    lastSeen = `${headerName}: ${maskSecret(received)}`;
    serveWeb(handler.fetch, request, response).catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server, options.port);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    get lastSeen() {
      return lastSeen;
    },
    async close() {
      await closeNow(server);
      await handler.close();
    },
  };
}

function keyServer(headerName: string, headerValue: string): McpServer {
  const server = new McpServer({ name: 'key-demo', version: '1.0.0' });
  server.registerTool(
    'show_key',
    {
      description: 'Shows which key header this server received, masked',
      inputSchema: fromJsonSchema({ type: 'object' }),
    },
    () => ({ content: [{ type: 'text', text: `${headerName}: ${maskSecret(headerValue)}` }] }),
  );
  server.registerTool(
    'echo',
    {
      description: 'Echoes a message',
      inputSchema: fromJsonSchema<{ message: string }>({
        type: 'object',
        properties: { message: { type: 'string' } },
        required: ['message'],
      }),
    },
    ({ message }) => ({ content: [{ type: 'text', text: `Echo: ${message}` }] }),
  );
  return server;
}

/** The refusal says nothing about the value: neither the expected one nor the one received. */
function refuse(response: ServerResponse): void {
  response
    .writeHead(401, { 'Content-Type': 'application/json' })
    .end(JSON.stringify({ error: 'invalid_api_key', message: 'No valid API key in the request' }));
}
