import { type ApiCall, type CallerIdentity, callApi, parsedAnswer } from './call-api';
import { McpGatewayError } from './gateway-error';
import { apiRefusal, type RefusedCall } from './refusal';

/** A gateway's own API, and who calls it. */
export interface ApiConnection {
  readonly url: string;
  readonly timeoutMs: number;
  readonly identity: CallerIdentity;
}

export interface CallOptions extends Pick<RefusedCall, 'api' | 'secrets'> {
  readonly body?: object;
}

/** A cursor that never ends must not keep a program going. */
const MOST_PAGES = 10_000;

/** One call that says how things shall be, and is therefore safe to repeat. */
export async function call<T>(
  { url: base, identity, timeoutMs }: ApiConnection,
  method: ApiCall['method'],
  path: string,
  { api, secrets, body }: CallOptions,
): Promise<T> {
  const url = new URL(base + path);
  const request = { method, url, repeatable: true, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await callApi(request, identity, timeoutMs);
  if (answer.status === 204) return undefined as T;
  if (answer.status >= 200 && answer.status < 300) return parsedAnswer<T>(answer.text, url);
  throw apiRefusal(answer.status, answer.text, url, { api, identity: identity.kind, secrets });
}

/** Everything a list has. Pages may be short, or empty, before the last. */
export async function everyPage<What extends string, T>(
  connection: ApiConnection,
  what: What,
  api: CallOptions['api'],
  pathOf: (cursor: string | undefined) => string,
): Promise<readonly T[]> {
  type Page = Readonly<Record<What, readonly T[]>> & { readonly cursor?: string };
  const listed: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: Page = await call<Page>(connection, 'GET', pathOf(cursor), { api });
    listed.push(...answer[what]);
    cursor = answer.cursor;
    if (cursor === undefined) return listed;
  }
  throw new McpGatewayError(
    'gateway_answer_invalid',
    `${new URL(connection.url).origin} lists ${what} without end`,
    'Check that the URL is the gateway’s own.',
  );
}

/** Encoded as signatures want it (RFC 3986), which `URLSearchParams` does not do for every character. */
export function queryText(parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value).replace(/[!'()*]/g, percentEncoded)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
