import { AUTH_KEYS, type GrantRecord, type SwitchRecord } from '../../contract/auth-record';
import type { ListGrantsResponse } from '../../contract/grants-api';
import type { AuthzTools } from '../authz/ports';
import { revokeGrant } from '../authz/revoke-grant';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import { grantMetadata } from './grant-metadata';
import { describeGrantsRefusal, type GrantsRefusal } from './grants-refusal';
import { type GrantsCommand, type GrantsRequest, grantsOperation, parseGrantsRequest } from './parse-grants-request';
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
      return listSwitches(deps);
    case 'set-switch': {
      const set = await setSwitch(command.change, deps);
      return set.ok ? ok({ status: 200, body: switchMetadata(set.value) }) : backend(set.error);
    }
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
  const records: unknown[] = [];
  let next = cursor;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const found = await deps.scan.scan('grant#', next);
    if (!found.ok) {
      // The cursor comes from the caller; a made-up one is refused by DynamoDB.
      return found.error.kind === 'invalid'
        ? err<GrantsRefusal>({
            code: 'invalid_request',
            status: 400,
            problem: 'cursor is not one of an earlier list',
            fix: 'List from the beginning.',
          })
        : backend(found.error);
    }
    records.push(...found.value.records);
    next = found.value.cursor;
    if (next === undefined || records.length > 0) break;
  }
  return page(records, clientId, next, deps);
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

async function listSwitches({ scan }: GrantsDeps): Promise<Result<GrantsAnswer, GrantsRefusal>> {
  const records: unknown[] = [];
  let cursor: string | undefined;
  do {
    const found = await scan.scan('switch', cursor);
    if (!found.ok) return backend(found.error);
    records.push(...found.value.records);
    cursor = found.value.cursor;
  } while (cursor !== undefined);
  return ok({ status: 200, body: { switches: (records as readonly SwitchRecord[]).map(switchMetadata) } });
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
    default:
      return undefined;
  }
}
