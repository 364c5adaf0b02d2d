import type { Client } from '@modelcontextprotocol/client';
import { endpointPath } from '../lambda/contract/paths';
import { McpGatewayError } from './gateway-error';
import { optionalPackage } from './optional-package';
import { mcpRefusal } from './refusal';
import { refuseRedirect, timedOut, unreachable } from './send-request';

export interface ConnectOptions {
  readonly url: string;
  readonly upstream: string;
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly token: () => Promise<string>;
  /** The gateway refused the token: the next call of `token` must get a new one. */
  readonly forgetToken: () => void;
}

/** The official MCP client, connected to one endpoint; speaks the newest revision both sides know. */
export async function connectClient(options: ConnectOptions): Promise<Client> {
  const { Client, StreamableHTTPClientTransport } = await optionalPackage(
    '@modelcontextprotocol/client',
    () => import('@modelcontextprotocol/client'),
    'gateway.connect()',
  );
  const client = new Client({ name: options.clientName, version: '1' }, { versionNegotiation: { mode: 'auto' } });
  // What the gateway said before the MCP client reduced it to "failed to connect".
  let refusal: McpGatewayError | undefined;
  const transport = new StreamableHTTPClientTransport(new URL(options.url + endpointPath(options.upstream)), {
    authProvider: {
      token: options.token,
      onUnauthorized: async () => options.forgetToken(),
    },
    requestInit: { redirect: 'manual' },
    fetch: async (input, init) => {
      try {
        const answer = await plainFetch(new URL(input), init);
        refusal = answer.ok ? undefined : await refusalOf(answer, options.upstream);
        return answer;
      } catch (error) {
        refusal = error instanceof McpGatewayError ? error : undefined;
        throw error;
      }
    },
  });
  try {
    await client.connect(transport, { timeout: options.timeoutMs });
    return client;
  } catch (cause) {
    await client.close();
    if (cause instanceof McpGatewayError) throw cause;
    throw refusal ?? connectFailure(options, cause);
  }
}

/** `fetch` that follows no redirect and whose failures quote nothing. */
async function plainFetch(url: URL, init: RequestInit | undefined): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw unreachable(url, error);
  }
  refuseRedirect(answer.status, url);
  return answer;
}

/** The gateway's own words, read beside the MCP client; if something in front of it answered, what the status means. */
async function refusalOf(answer: Response, upstream: string): Promise<McpGatewayError | undefined> {
  const said = mcpRefusal(await answer.clone().text());
  if (said) return said;
  if (answer.status === 401 || answer.status === 403) {
    return new McpGatewayError(
      'unauthorized',
      `The access token is not accepted for "${upstream}" (${answer.status})`,
      'Get a token for this endpoint from the issuer in the gateway’s metadata.',
    );
  }
  return undefined;
}

function connectFailure({ upstream, url, timeoutMs }: ConnectOptions, cause: unknown): McpGatewayError {
  if ((cause as { code?: unknown }).code === 'REQUEST_TIMEOUT') return timedOut(new URL(url), timeoutMs);
  return new McpGatewayError(
    'gateway_answer_invalid',
    `The MCP client could not connect to "${upstream}" at ${new URL(url).origin}: ${cause instanceof Error ? cause.message : 'unknown failure'}`,
    'If the upstream itself is down, the gateway’s log says why.',
    { cause },
  );
}
