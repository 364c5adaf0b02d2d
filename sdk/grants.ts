import type { GrantMetadata, SetSwitchRequest, SwitchKind, SwitchMetadata } from '../lambda/contract/grants-api';
import { PATHS } from '../lambda/contract/paths';
import { type ApiCall, type CallerIdentity, callApi, parsedAnswer } from './call-api';
import { McpGatewayError } from './gateway-error';
import { apiRefusal } from './refusal';

/** Which agents may act for whom. Needs `authMode: 'iam'`. */
export interface Grants {
  /** Every grant, of one person or one client if asked; ended ones as long as the gateway remembers them. */
  list(filter?: { readonly subject?: string; readonly clientId?: string }): Promise<readonly GrantMetadata[]>;
  /** Ends one grant: its tokens are refused everywhere within the gateway's `cacheTtl`. Again is no error. */
  revoke(grant: { readonly subject: string; readonly grantId: string }): Promise<void>;
}

/** What ends many grants at once: those of a person, of a client, or all. Needs `authMode: 'iam'`. */
export interface Switches {
  list(): Promise<readonly SwitchMetadata[]>;
  /** `revoke` ends what was granted until now, `block` refuses new sign-ins too, `allow` takes a block back. */
  set(change: SwitchChange): Promise<SwitchMetadata>;
}

export type SwitchChange =
  | { readonly kind: 'person' | 'client'; readonly id: string; readonly action: SetSwitchRequest['action'] }
  | { readonly kind: 'gateway'; readonly id?: undefined; readonly action: SetSwitchRequest['action'] };

const KINDS: readonly SwitchKind[] = ['person', 'client', 'gateway'];
const ACTIONS: readonly SetSwitchRequest['action'][] = ['revoke', 'block', 'allow'];
const ID = /^[A-Za-z0-9_-]{16,64}$/;
/** A cursor that never ends must not keep a program going. */
const MOST_PAGES = 10_000;

export interface GrantsConnection {
  readonly url: string;
  readonly timeoutMs: number;
  readonly identity: CallerIdentity;
}

export class GrantsClient implements Grants {
  readonly #connection: GrantsConnection;

  constructor(connection: GrantsConnection) {
    this.#connection = connection;
  }

  list({ subject, clientId }: { subject?: string; clientId?: string } = {}): Promise<readonly GrantMetadata[]> {
    return everyPage(this.#connection, 'grants', (cursor) => PATHS.grants + queryText({ subject, clientId, cursor }));
  }

  async revoke({ subject, grantId }: { subject: string; grantId: string }): Promise<void> {
    for (const id of [subject, grantId]) requireId(id);
    await call(this.#connection, 'DELETE', `${PATHS.grants}/${subject}/${grantId}`);
  }
}

export class SwitchesClient implements Switches {
  readonly #connection: GrantsConnection;

  constructor(connection: GrantsConnection) {
    this.#connection = connection;
  }

  list(): Promise<readonly SwitchMetadata[]> {
    return everyPage(this.#connection, 'switches', (cursor) => PATHS.switches + queryText({ cursor }));
  }

  set({ kind, id, action }: SwitchChange): Promise<SwitchMetadata> {
    if (!KINDS.includes(kind) || !ACTIONS.includes(action) || (kind === 'gateway') !== (id === undefined)) {
      throw new McpGatewayError(
        'invalid_option',
        'This is not a change of a switch',
        "Pass kind 'person' or 'client' with an id, or kind 'gateway' without; and action 'revoke', 'block' or 'allow'.",
      );
    }
    const body: SetSwitchRequest = { action, ...(id === undefined ? {} : { id }) };
    return call<SwitchMetadata>(this.#connection, 'PUT', `${PATHS.switches}/${kind}`, JSON.stringify(body));
  }
}

interface Listed {
  readonly grants: GrantMetadata;
  readonly switches: SwitchMetadata;
}

/** Pages may be short, or empty, before the last. */
async function everyPage<What extends keyof Listed>(
  connection: GrantsConnection,
  what: What,
  pathOf: (cursor: string | undefined) => string,
): Promise<readonly Listed[What][]> {
  type Page = Readonly<Record<What, readonly Listed[What][]>> & { readonly cursor?: string };
  const listed: Listed[What][] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await call<Page>(connection, 'GET', pathOf(cursor));
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

/** Every call of this API says how things shall be, so each is safe to repeat. */
async function call<T>(connection: GrantsConnection, method: ApiCall['method'], path: string, body?: string) {
  const { url: base, identity, timeoutMs } = connection;
  const url = new URL(base + path);
  const request = { method, url, repeatable: true, ...(body === undefined ? {} : { body }) };
  const answer = await callApi(request, identity, timeoutMs);
  if (answer.status === 204) return undefined as T;
  if (answer.status >= 200 && answer.status < 300) return parsedAnswer<T>(answer.text, url);
  throw apiRefusal(answer.status, answer.text, url, { api: 'grants', identity: identity.kind });
}

/** Encoded as signatures want it (RFC 3986), which `URLSearchParams` does not do for every character. */
function queryText(parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value).replace(/[!'()*]/g, percentEncoded)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function requireId(id: unknown): void {
  if (typeof id === 'string' && ID.test(id)) return;
  throw new McpGatewayError(
    'invalid_option',
    'The grant is not named by subject and grantId',
    'Take both from grants.list().',
  );
}
