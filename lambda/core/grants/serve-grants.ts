import { AUTH_KEYS, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import type { ListGrantsResponse, ListSwitchesResponse } from '../../contract/grants-api';
import type { AuthzTools } from '../authz/ports';
import { revokeGrant } from '../authz/revoke-grant';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import { grantMetadata } from './grant-metadata';
import { describeGrantsRefusal, type GrantsRefusal } from './grants-refusal';
import {
  type GrantsCommand,
  type GrantsRequest,
  grantsOperation,
  NO_SUCH_CALL,
  parseGrantsRequest,
} from './parse-grants-request';
import { type ConnectionAdminDeps, providerSwitches, serveConnections } from './serve-connections';
import { setSwitch, switchMetadata } from './set-switch';

/** What an administrator asks for rarely and DynamoDB has no index for: a page of a walk through the table. */
export interface AuthScan {
  scan(
    sortKeyPrefix: 'grant#' | 'switch',
    cursor: string | undefined,
  ): Promise<Result<{ readonly records: readonly unknown[]; readonly cursor?: string }, BackendFailure>>;
}

export interface GrantsDeps extends Pick<AuthzTools, 'store' | 'now'> {
  readonly scan: AuthScan;
  /** Present where there are platforms to connect. */
  readonly connections?: ConnectionAdminDeps | undefined;
  /** base64url SHA-256. */
  readonly hash: (text: string) => string;
}

export interface GrantsAnswer {
  readonly status: number;
  readonly body: object | undefined;
}

/** What the log keeps of a request: these fields and no others. */
export interface GrantsAudit {
  readonly event: string;
  readonly time: string;
  readonly requestId: string;
  readonly actor: string | undefined;
  readonly target: string | undefined;
  readonly outcome: string;
  readonly cause: string | undefined;
}

/** A cursor that never ends must not keep a request going: a page may come back short, with a cursor. */
const MAX_PAGES = 10;

/** Serves one request of the grants API. Says for the log what was done, by whom, to what. */
export async function serveGrants(
  request: GrantsRequest,
  deps: GrantsDeps,
): Promise<{ readonly answer: GrantsAnswer; readonly audit: GrantsAudit }> {
  const startedAt = deps.now();
  const parsed = parseGrantsRequest(request, deps.hash);
  const outcome = parsed.ok ? await run(parsed.value, deps) : parsed;
  return {
    answer: outcome.ok ? outcome.value : describeGrantsRefusal(outcome.error),
    audit: {
      event: `grants.${grantsOperation(request) ?? 'unknown'}`,
      time: new Date(startedAt).toISOString(),
      requestId: request.requestId,
      actor: request.actor,
      target: parsed.ok ? targetOf(parsed.value) : undefined,
      outcome: outcome.ok ? 'ok' : outcome.error.code,
      cause: !outcome.ok && outcome.error.code === 'backend' ? outcome.error.failure.name : undefined,
    },
  };
}

async function run(command: GrantsCommand, deps: GrantsDeps): Promise<Result<GrantsAnswer, GrantsRefusal>> {
  switch (command.operation) {
    case 'list':
      return command.subject === undefined ? listAll(command, deps) : listOf(command.subject, command.clientId, deps);
    case 'revoke': {
      const { subject, grantId, actor } = command;
      const found = await revokeGrant(deps, subject, grantId, { reason: 'administrator', by: actor });
      if (!found.ok) return backend(found.error);
      return found.value === undefined ? err({ code: 'grant_not_found' }) : ok({ status: 204, body: undefined });
    }
    case 'switches':
      return listSwitches(command.cursor, deps);
    case 'set-switch': {
      const set = await setSwitch(command.change, deps);
      return set.ok ? ok({ status: 200, body: switchMetadata(set.value) }) : backend(set.error);
    }
    default:
      return deps.connections === undefined ? err(NO_SUCH_CALL) : serveConnections(command, deps.connections);
  }
}

async function listOf(subject: string, clientId: string | undefined, deps: GrantsDeps) {
  const found = await deps.store.list(AUTH_KEYS.person(subject), 'grant#');
  if (!found.ok) return backend(found.error);
  return page(
    found.value.map(({ record }) => record),
    clientId,
    undefined,
    deps,
  );
}

async function listAll(
  { clientId, cursor }: { readonly clientId: string | undefined; readonly cursor: string | undefined },
  deps: GrantsDeps,
) {
  const found = await walk('grant#', cursor, deps);
  return found.ok ? page(found.value.records, clientId, found.value.cursor, deps) : found;
}

/** Goes through the table until there is something to show; not to its end, which strangers can put far away. */
async function walk(
  sortKeyPrefix: 'grant#' | 'switch',
  from: string | undefined,
  { scan }: GrantsDeps,
): Promise<Result<{ readonly records: readonly unknown[]; readonly cursor: string | undefined }, GrantsRefusal>> {
  const records: unknown[] = [];
  let cursor = from;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const found = await scan.scan(sortKeyPrefix, cursor);
    if (!found.ok) {
      // The cursor comes from the caller; a made-up one is refused by DynamoDB.
      return found.error.kind === 'invalid' && pages === 0 && from !== undefined
        ? err<GrantsRefusal>({
            code: 'invalid_request',
            status: 400,
            problem: 'cursor is not one of an earlier list',
            fix: 'List from the beginning.',
          })
        : backend(found.error);
    }
    records.push(...found.value.records);
    cursor = found.value.cursor;
    if (cursor === undefined || records.length > 0) break;
  }
  return ok({ records, cursor });
}

function page(
  records: readonly unknown[],
  clientId: string | undefined,
  cursor: string | undefined,
  { now }: GrantsDeps,
): Result<GrantsAnswer, GrantsRefusal> {
  const nowMs = now();
  const grants = (records as readonly GrantRecord[])
    .filter((grant) => clientId === undefined || grant.client.clientId === clientId)
    .map((grant) => grantMetadata(grant, nowMs))
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const body: ListGrantsResponse = { grants, ...(cursor === undefined ? {} : { cursor }) };
  return ok({ status: 200, body });
}

async function listSwitches(
  cursor: string | undefined,
  deps: GrantsDeps,
): Promise<Result<GrantsAnswer, GrantsRefusal>> {
  const found = await walk('switch', cursor, deps);
  if (!found.ok) return found;
  const { records, cursor: next } = found.value;
  // Those of platforms are in another table, few, and all on the first page.
  const ofProviders = cursor === undefined && deps.connections ? await providerSwitches(deps.connections) : ok([]);
  if (!ofProviders.ok) return backend(ofProviders.error);
  const switches = [...ofProviders.value, ...(records as readonly SwitchRecord[]).map(switchMetadata)];
  const body: ListSwitchesResponse = { switches, ...(next === undefined ? {} : { cursor: next }) };
  return ok({ status: 200, body });
}

function backend(failure: BackendFailure) {
  return err<GrantsRefusal>({ code: 'backend', failure });
}

function targetOf(command: GrantsCommand): string | undefined {
  switch (command.operation) {
    case 'revoke':
      return `grant ${command.subject}/${command.grantId}`;
    case 'set-switch': {
      const { kind, id, action } = command.change;
      // A client id is what a stranger chose; long ones are cut.
      return `${action} ${kind}${id === undefined ? '' : ` ${id.slice(0, 200)}`}`;
    }
    case 'disconnect':
      return `connection ${command.subject}/${command.provider}`;
    case 'shred':
      return `person ${command.subject}`;
    case 'set-provider-switch':
      return `${command.blocked ? 'block' : 'allow'} provider ${command.provider}`;
    default:
      return undefined;
  }
}
