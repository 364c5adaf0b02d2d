// A real MCP upstream as people write it today: official SDK v2, stateless, both eras.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod/v4';
import { serve } from './serve.mjs';

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'sdk-upstream', version: '1.0.0' });
  server.registerTool('echo', { description: 'Says ok', inputSchema: z.object({ text: z.string() }) }, async () => ({
    content: [{ type: 'text', text: 'ok' }],
  }));
  return server;
});

serve(createServer(toNodeHandler(handler)));
