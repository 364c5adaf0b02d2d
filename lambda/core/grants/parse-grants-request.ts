import { AUTH_KEYS } from '../../contract/auth-record';
import { PATHS } from '../../contract/paths';
import { parseObject } from '../json';
import { err, ok, type Result } from '../result';
import type { GrantsRefusal } from './grants-refusal';
import {
  type ConnectionsCommand,
  parseConnectionsEnd,
  parseConnectionsList,
  parseProviderSwitch,
} from './parse-connections-request';
import type { SwitchChange } from './set-switch';

/** A request as API Gateway delivers it. */
export interface GrantsRequest {
  readonly method: string;
  /** The matched route, `/grants/{subject}/{grantId}`, not the path. */
  readonly route: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
  readonly body: string;
  /** The IAM principal API Gateway authenticated. */
  readonly actor: string | undefined;
  readonly requestId: string;
}

export type GrantsCommand =
  | {
      readonly operation: 'list';
      readonly subject: string | undefined;
      readonly clientId: string | undefined;
      readonly cursor: string | undefined;
    }
  | { readonly operation: 'revoke'; readonly subject: string; readonly grantId: string; readonly actor: string }
  | { readonly operation: 'switches'; readonly cursor: string | undefined }
  | { readonly operation: 'set-switch'; readonly change: SwitchChange }
  | ConnectionsCommand;

const ROUTES: Readonly<Record<string, Exclude<GrantsCommand['operation'], 'set-provider-switch'>>> = {
  [`GET ${PATHS.grants}`]: 'list',
  [`DELETE ${PATHS.grants}/{subject}/{grantId}`]: 'revoke',
  [`GET ${PATHS.switches}`]: 'switches',
  [`PUT ${PATHS.switches}/{kind}`]: 'set-switch',
  [`GET ${PATHS.connections}`]: 'list-connections',
  [`DELETE ${PATHS.connections}/{subject}/{provider}`]: 'disconnect',
  [`DELETE ${PATHS.connections}/{subject}`]: 'shred',
};

export const NO_SUCH_CALL: GrantsRefusal = {
  code: 'invalid_request',
  status: 404,
  problem: 'There is no such call',
  fix: `See the calls under ${PATHS.grants} and ${PATHS.switches}.`,
};

/** Subjects and grant ids are base64url of ours; anything else is a mistake, and would break the form of a key. */
const ID = /^[A-Za-z0-9_-]{16,64}$/;
const MAX_CLIENT_ID = 2_048;

export function grantsOperation(
  request: Pick<GrantsRequest, 'method' | 'route'>,
): GrantsCommand['operation'] | undefined {
  return ROUTES[`${request.method} ${request.route}`];
}

/**
 * Turns a request into a command, or says what is wrong with it. `hash`: base64url SHA-256. Whether there are
 * connections here, whoever carries it out knows.
 */
export function parseGrantsRequest(
  request: GrantsRequest,
  hash: (text: string) => string,
): Result<GrantsCommand, GrantsRefusal> {
  const { actor } = request;
  if (!actor) return err({ code: 'forbidden' });
  const operation = grantsOperation(request);
  switch (operation) {
    case 'list':
      return parseList(request.query);
    case 'revoke':
      return parseRevoke(request.pathParameters, actor);
    case 'switches':
      return ok({ operation: 'switches', cursor: request.query['cursor'] });
    case 'set-switch':
      return parseSwitch(request, actor, hash);
    case 'list-connections':
      return parseConnectionsList(request);
    case 'disconnect':
    case 'shred':
      return parseConnectionsEnd(request, operation, actor);
    default:
      return err(NO_SUCH_CALL);
  }
}

function parseList(query: GrantsRequest['query']): Result<GrantsCommand, GrantsRefusal> {
  const { subject, clientId, cursor } = query;
  const unknown = Object.keys(query).filter((name) => !['subject', 'clientId', 'cursor'].includes(name));
  if (unknown.length > 0) {
    return refuse(400, 'The query has a parameter there is none of', 'Use subject, clientId and cursor only.');
  }
  if (subject !== undefined && !ID.test(subject)) {
    return refuse(400, 'subject is not the subject of a grant', 'Copy it from the list of grants.');
  }
  return ok({ operation: 'list', subject, clientId, cursor });
}

function parseRevoke(
  { subject = '', grantId = '' }: GrantsRequest['pathParameters'],
  actor: string,
): Result<GrantsCommand, GrantsRefusal> {
  if (!ID.test(subject) || !ID.test(grantId)) return err({ code: 'grant_not_found' });
  return ok({ operation: 'revoke', subject, grantId, actor });
}

function parseSwitch(
  request: GrantsRequest,
  actor: string,
  hash: (text: string) => string,
): Result<GrantsCommand, GrantsRefusal> {
  if (!/^application\/json\s*(;|$)/i.test(request.contentType ?? '')) {
    return refuse(415, 'The body is not declared as JSON', 'Send it with Content-Type: application/json.');
  }
  const body = parseObject(request.body);
  const { kind } = request.pathParameters;
  if (kind === 'provider') return parseProviderSwitch(body ?? {}, actor);
  const { id, action, ...others } = body ?? {};
  if (body === undefined || Object.keys(others).length > 0) {
    return refuse(400, 'The body is not an object of id and action', 'Send {"id": "…", "action": "revoke"}.');
  }
  if (action !== 'revoke' && action !== 'block' && action !== 'allow') {
    return refuse(400, 'action is none of those there are', "Use 'revoke', 'block' or 'allow'.");
  }
  if (kind === 'gateway') {
    if (id !== undefined) return refuse(400, 'The switch of the gateway takes no id', 'Leave it out.');
    return ok({
      operation: 'set-switch',
      change: { kind, key: AUTH_KEYS.gatewaySwitch(), id: undefined, action, actor },
    });
  }
  if (kind === 'person' && typeof id === 'string' && ID.test(id)) {
    return ok({ operation: 'set-switch', change: { kind, key: AUTH_KEYS.personSwitch(id), id, action, actor } });
  }
  if (kind === 'client' && typeof id === 'string' && id !== '' && id.length <= MAX_CLIENT_ID) {
    return ok({ operation: 'set-switch', change: { kind, key: AUTH_KEYS.clientSwitch(hash(id)), id, action, actor } });
  }
  return kind === 'person' || kind === 'client'
    ? refuse(400, `id is not that of a ${kind}`, 'Copy it from the list of grants.')
    : refuse(404, 'There is no such switch', 'The kinds are person, client, gateway and provider.');
}

function refuse(status: 400 | 404 | 415, problem: string, fix: string) {
  return err<GrantsRefusal>({ code: 'invalid_request', status, problem, fix });
}
