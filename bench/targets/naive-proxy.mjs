// The proxy one writes first: official SDK v2 server in front, official SDK v2 client behind. No authentication.
//   node naive-proxy.mjs <upstream MCP URL>
import { createServer } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { serve } from './serve.mjs';

const client = new Client(
  { name: 'naive-proxy', version: '1.0.0' },
  { versionNegotiation: { mode: { pin: '2026-07-28' } } },
);
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));

const handler = createMcpHandler(() => {
  const server = new Server({ name: 'naive-proxy', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => client.listTools());
  server.setRequestHandler('tools/call', ({ params }) => client.callTool(params));
  return server;
});

serve(createServer(toNodeHandler(handler)));
