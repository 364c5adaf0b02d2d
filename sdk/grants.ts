import type { GrantMetadata, SetSwitchRequest, SwitchKind, SwitchMetadata } from '../lambda/contract/grants-api';
import { PATHS } from '../lambda/contract/paths';
import { type ApiConnection, call, everyPage, queryText } from './admin-call';
import { McpGatewayError } from './gateway-error';

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
const OF_GRANTS = { api: 'grants' } as const;

export class GrantsClient implements Grants {
  readonly #connection: ApiConnection;

  constructor(connection: ApiConnection) {
    this.#connection = connection;
  }

  list({ subject, clientId }: { subject?: string; clientId?: string } = {}): Promise<readonly GrantMetadata[]> {
    return everyPage(
      this.#connection,
      'grants',
      'grants',
      (cursor) => PATHS.grants + queryText({ subject, clientId, cursor }),
    );
  }

  async revoke({ subject, grantId }: { subject: string; grantId: string }): Promise<void> {
    for (const id of [subject, grantId]) requireId(id);
    await call(this.#connection, 'DELETE', `${PATHS.grants}/${subject}/${grantId}`, OF_GRANTS);
  }
}

export class SwitchesClient implements Switches {
  readonly #connection: ApiConnection;

  constructor(connection: ApiConnection) {
    this.#connection = connection;
  }

  list(): Promise<readonly SwitchMetadata[]> {
    return everyPage(this.#connection, 'switches', 'grants', (cursor) => PATHS.switches + queryText({ cursor }));
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
    return call<SwitchMetadata>(this.#connection, 'PUT', `${PATHS.switches}/${kind}`, { ...OF_GRANTS, body });
  }
}

function requireId(id: unknown): void {
  if (typeof id === 'string' && ID.test(id)) return;
  throw new McpGatewayError(
    'invalid_option',
    'The grant is not named by subject and grantId',
    'Take both from grants.list().',
  );
}
