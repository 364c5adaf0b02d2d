import type { Client } from '@modelcontextprotocol/client';
import { endpointPath } from '../lambda/contract/paths';
import { McpGatewayError } from './gateway-error';
import { optionalPackage } from './optional-package';
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
        refusal = refusalOf(answer.status, options);
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

function refusalOf(status: number, { upstream, url }: ConnectOptions): McpGatewayError | undefined {
  if (status === 401 || status === 403) {
    return new McpGatewayError(
      'unauthorized',
      `The gateway does not accept the access token for "${upstream}" (${status})`,
      `Get a token from the gateway's issuer with the audience ${url}${endpointPath(upstream)} and the scopes in its metadata.`,
    );
  }
  if (status === 404) {
    return new McpGatewayError(
      'not_found',
      `The gateway has no upstream "${upstream}"`,
      'Use a name from the gateway’s configuration.',
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
