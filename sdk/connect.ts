import type { Client } from '@modelcontextprotocol/client';
import type { AccessTokens, TokenChallenge } from './access-tokens';
import { McpGatewayError } from './gateway-error';
import { officialClient } from './official-client';
import { mcpRefusal } from './refusal';
import { refuseRedirect, timedOut, unreachable } from './send-request';

export interface ConnectOptions {
  readonly endpoint: URL;
  /** For messages. */
  readonly upstream: string;
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly tokens: AccessTokens;
}

/** Signing in, and once more for a scope the sign-in did not give. */
const MOST_QUESTIONS = 2;

/** The official MCP client, connected to one endpoint; speaks the newest revision both sides know. */
export async function connectClient(options: ConnectOptions): Promise<Client> {
  const { tokens } = options;
  // Before the clock of a request runs: it may take a person.
  await tokens.current();
  for (let asked = 0; ; asked += 1) {
    const attempt = await tryToConnect(options);
    if ('client' in attempt) return attempt.client;
    const { refused, error } = attempt;
    if (refused === undefined || asked === MOST_QUESTIONS) throw error;
    if ((await tokens.askForAnother?.(refused.token, refused.challenge)) === undefined) throw error;
  }
}

interface Refused {
  readonly token: string | undefined;
  readonly challenge: TokenChallenge;
}

type Attempt = { readonly client: Client } | { readonly error: unknown; readonly refused: Refused | undefined };

async function tryToConnect(options: ConnectOptions): Promise<Attempt> {
  const { endpoint, upstream, tokens } = options;
  const { Client, StreamableHTTPClientTransport, extractWWWAuthenticateParams } =
    await officialClient('gateway.connect()');
  const client = new Client({ name: options.clientName, version: '1' }, { versionNegotiation: { mode: 'auto' } });
  // What the gateway said before the MCP client reduced it to "failed to connect".
  let refusal: McpGatewayError | undefined;
  let refused: Refused | undefined;
  let connected = false;

  /** Sends with a token, and once more with another one if that is refused. */
  async function sendAuthorized(url: URL, init: RequestInit | undefined): Promise<Response> {
    const token = await tokens.current();
    const answer = await plainFetch(url, withToken(init, token));
    refused = undefined;
    if (answer.status !== 401 && answer.status !== 403) return answer;
    const challenge = extractWWWAuthenticateParams(answer);
    if (answer.status === 403 && challenge.error !== 'insufficient_scope') return answer;
    // While connecting, a person is asked outside: no request waits for one then.
    const next =
      (await tokens.another(token, challenge)) ??
      (connected ? await tokens.askForAnother?.(token, challenge) : undefined);
    if (next === undefined) {
      refused = { token, challenge };
      return answer;
    }
    await answer.body?.cancel();
    return plainFetch(url, withToken(init, next));
  }

  const transport = new StreamableHTTPClientTransport(endpoint, {
    requestInit: { redirect: 'manual' },
    fetch: async (input, init) => {
      try {
        const answer = await sendAuthorized(new URL(input), init);
        refusal = answer.ok ? undefined : await refusalOf(answer, upstream);
        return answer;
      } catch (error) {
        refusal = error instanceof McpGatewayError ? error : undefined;
        throw error;
      }
    },
  });
  try {
    await client.connect(transport, { timeout: options.timeoutMs });
    connected = true;
    return { client };
  } catch (cause) {
    await client.close();
    const error = cause instanceof McpGatewayError ? cause : (refusal ?? connectFailure(options, cause));
    return { error, refused };
  }
}

function withToken(init: RequestInit | undefined, token: string | undefined): RequestInit {
  const headers = new Headers(init?.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

/** `fetch` that follows no redirect and whose failures quote nothing. */
async function plainFetch(url: URL, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
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

function connectFailure({ upstream, endpoint, timeoutMs }: ConnectOptions, cause: unknown): McpGatewayError {
  if ((cause as { code?: unknown }).code === 'REQUEST_TIMEOUT') return timedOut(endpoint, timeoutMs);
  return new McpGatewayError(
    'gateway_answer_invalid',
    `The MCP client could not connect to "${upstream}" at ${endpoint.origin}: ${cause instanceof Error ? cause.message : 'unknown failure'}`,
    'If the upstream itself is down, the gateway’s log says why.',
    { cause },
  );
}
