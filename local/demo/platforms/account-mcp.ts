import type { IncomingMessage, ServerResponse } from 'node:http';
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { serveWeb } from '../serve-web';
import { type DemoAccount, describeAccount } from './demo-account';

/** What a platform's MCP server has beside `whoami`: one list. */
export interface ListTool {
  /** `list_channels` */
  readonly name: string;
  readonly things: readonly string[];
}

export interface AccountMcp {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

/**
 * An MCP server whose tools answer as the account the bearer token is for, in the 2026-07-28 revision and the earlier
 * ones. `accountOf` is asked once the token has been accepted.
 */
export function accountMcp(
  platform: string,
  list: ListTool,
  accountOf: (authorization: string) => DemoAccount | undefined,
): AccountMcp {
  const handler = createMcpHandler(({ requestInfo }) =>
    accountServer(platform, list, accountOf(requestInfo?.headers.get('authorization') ?? '')),
  );
  return {
    serve: (request, response) => serveWeb(handler.fetch, request, response),
    close: () => handler.close(),
  };
}

function accountServer(platform: string, list: ListTool, account: DemoAccount | undefined): McpServer {
  const server = new McpServer({ name: platform, version: '1.0.0' });
  const who = account === undefined ? 'nobody' : describeAccount(account);
  const inputSchema = fromJsonSchema({ type: 'object' });
  server.registerTool('whoami', { description: `Whose ${platform} account this is`, inputSchema }, () => ({
    content: [{ type: 'text', text: `${who} at ${platform}` }],
  }));
  server.registerTool(list.name, { description: `What that ${platform} account sees`, inputSchema }, () => ({
    content: [{ type: 'text', text: list.things.map((thing) => `${account?.workspace.name}: ${thing}`).join('\n') }],
  }));
  return server;
}
