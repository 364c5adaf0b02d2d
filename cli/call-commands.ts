import type { Client } from '@modelcontextprotocol/client';
import { McpGatewayError } from '../sdk/index';
import type { Command, Invocation } from './command';
import { EXIT, type ExitCode } from './exit-code';
import { NOBODY_ASKED } from './sign-in-commands';
import { table } from './table';
import { UsageError } from './usage-error';

const TOKEN_NOTE = 'As whoever is signed in by "mcp-gateway login", or by the access token in MCP_GATEWAY_TOKEN.';

const tools: Command = {
  name: 'tools',
  usage: '<upstream>',
  summary: 'List the tools of an upstream',
  details: [TOKEN_NOTE],
  examples: ['mcp-gateway tools stripe', 'mcp-gateway tools stripe --json | jq ".[].name"'],
  options: {},
  arguments: { min: 1, max: 1 },
  run: listTools,
};

const call: Command = {
  name: 'call',
  usage: '<upstream> [tool] [json]',
  summary: 'Call a tool of an upstream; without a tool, list them',
  details: [TOKEN_NOTE],
  examples: ['mcp-gateway call stripe show_key', `mcp-gateway call everything echo '{"message":"hi"}'`],
  options: {},
  arguments: { min: 1, max: 3 },
  async run(invocation) {
    const [upstream = '', tool, text = '{}'] = invocation.positionals;
    if (tool === undefined) return listTools(invocation);
    const toolArguments = parseArguments(text);
    return withClient(invocation, upstream, async (client) => {
      const result = await client.callTool({ name: tool, arguments: toolArguments });
      invocation.print(result, (result.content ?? []).map(contentLine));
      return result.isError === true ? EXIT.toolError : EXIT.done;
    });
  },
};

export const CALL_COMMANDS: readonly Command[] = [tools, call];

function listTools(invocation: Invocation): Promise<ExitCode> {
  return withClient(invocation, invocation.positionals[0] ?? '', async (client) => {
    const listed = await client.listTools();
    const rows = listed.tools.map((tool) => [tool.name, firstLine(tool.description ?? '')]);
    invocation.print(
      listed.tools,
      rows.length === 0 ? ['This upstream offers no tools.'] : table(['TOOL', 'WHAT IT DOES'], rows),
    );
    return EXIT.done;
  });
}

async function withClient(
  { gateway }: Invocation,
  upstream: string,
  use: (client: Client) => Promise<ExitCode>,
): Promise<ExitCode> {
  const client = await gateway()
    .connect(upstream)
    .catch((error: unknown) => {
      if (error instanceof McpGatewayError && error.code === 'token_missing') {
        return gateway(NOBODY_ASKED).connect(upstream);
      }
      throw error;
    });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

function parseArguments(text: string): Record<string, unknown> {
  const example = `Write one JSON object in single quotes: '{"message":"hi"}'.`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The tool's arguments are not JSON: ${error instanceof Error ? error.message : ''}`, example);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError("The tool's arguments are JSON, but not an object", example);
}

function contentLine(content: { type: string; text?: unknown; mimeType?: unknown }): string {
  if (typeof content.text === 'string') return content.text;
  return `[${content.type}${typeof content.mimeType === 'string' ? ` ${content.mimeType}` : ''}; use --json to see it]`;
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
