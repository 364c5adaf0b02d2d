import {
  CONNECTIONS_SCOPE,
  type ConnectableProvider,
  type ConnectionsErrorCode,
  type EndConnectionResponse,
  type ListConnectionsResponse,
} from '../../contract/connections-api';
import { NAME_PATTERN, PATHS } from '../../contract/paths';
import { type AuthzAnswer, type AuthzRequest, jsonAnswer } from '../authz/http';
import { connectPage } from '../authz/own-page';
import { connectionView } from '../connections/connection-view';
import { refresherFailure } from '../connections/refresher-port';
import { findDuplicateKey } from '../duplicate-keys';
import { parseObject } from '../json';
import type { BackendFailure } from '../ports';
import { err, ok, type Result } from '../result';
import type { TokenHolder } from '../vault/token-holder';
import type { VaultRefusal } from '../vault/vault-refusal';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';
import { ownKeyShape } from './own-key-shape';
import { disconnect, type OwnPlatform, ownPlatforms } from './own-platforms';
import { checkAndKeepKey } from './store-own-key';

export interface ConnectionsDeps extends ConnectDeps {
  /** Who a bearer token for the vault speaks for; its grant is read each time. */
  readonly callers: (authorization: string | undefined) => Promise<Result<TokenHolder, VaultRefusal>>;
}

interface Refusal {
  readonly status: number;
  readonly code: ConnectionsErrorCode;
  readonly message: string;
  readonly help: string;
  /** For the log. */
  readonly cause?: string;
}

const MAX_BODY_BYTES = 64 * 1024;

/** `/vault/v1/connections`: a person's own connections, for the programs they have let manage them. */
export async function serveOwnConnections(request: AuthzRequest, deps: ConnectionsDeps): Promise<AuthzAnswer> {
  const { method, path, requestId } = request;
  const caller = await callerOf(request, deps);
  const subject = caller.ok ? caller.value : undefined;
  const done = caller.ok ? await carryOut(method, path, caller.value, request, deps) : caller;
  deps.log({
    event: `connections.${method.toLowerCase()}`,
    outcome: done.ok ? 'ok' : done.error.code,
    cause: done.ok ? undefined : done.error.cause,
    subject,
    requestId,
  });
  return done.ok ? done.value : refusalAnswer(done.error);
}

async function callerOf({ headers }: AuthzRequest, { callers }: ConnectionsDeps): Promise<Result<string, Refusal>> {
  const found = await callers(headers['authorization']);
  if (!found.ok) {
    if (found.error.code === 'backend') return err(unavailable(found.error.failure));
    return err({
      status: 401,
      code: 'unauthorized',
      message: 'A valid access token for the vault is required',
      help: 'Sign in again; the token must be for the vault itself, not for an endpoint.',
      ...('cause' in found.error && { cause: found.error.cause }),
    });
  }
  const { scopes, person } = found.value;
  if (scopes.includes(CONNECTIONS_SCOPE)) return ok(person.subject);
  return err({
    status: 403,
    code: 'forbidden',
    message: 'The token does not allow to manage connections',
    help: `Sign in again and ask for the scope ${CONNECTIONS_SCOPE}.`,
  });
}

async function carryOut(
  method: string,
  path: string,
  subject: string,
  request: AuthzRequest,
  deps: ConnectionsDeps,
): Promise<Result<AuthzAnswer, Refusal>> {
  if (path === PATHS.ownConnections) {
    return method === 'GET' ? list(subject, deps) : err(noSuchCall());
  }
  const name = path.slice(PATHS.ownConnections.length + 1);
  const provider = NAME_PATTERN.test(name) ? deps.connect.providers.get(name) : undefined;
  if (provider === undefined) {
    const names = [...deps.connect.providers.keys()].join(', ');
    return err({
      status: 404,
      code: 'unknown_provider',
      message: 'No provider of that name can be connected here',
      help: `Providers: ${names}.`,
    });
  }
  if (method === 'PUT') return storeKey(provider, subject, request, deps);
  return method === 'DELETE' ? end(provider, subject, deps) : err(noSuchCall());
}

async function list(subject: string, deps: ConnectionsDeps): Promise<Result<AuthzAnswer, Refusal>> {
  const platforms = await ownPlatforms(subject, deps);
  if (platforms === 'unavailable') return err(unavailable(undefined));
  const body: ListConnectionsResponse = {
    connections: platforms.flatMap(({ provider, connection }) =>
      connection ? connectionView(connection, provider.facts.name) : [],
    ),
    providers: platforms.map((platform) => connectable(platform, deps.issuer)),
  };
  return ok(jsonAnswer(200, body));
}

async function storeKey(
  provider: ConnectableConfig,
  subject: string,
  request: AuthzRequest,
  deps: ConnectionsDeps,
): Promise<Result<AuthzAnswer, Refusal>> {
  if (provider.kind !== 'key') {
    return err({
      status: 400,
      code: 'invalid_request',
      message: `${provider.name} takes no key: an account is connected in a browser`,
      help: `Open ${deps.issuer}${connectPage(provider.name)}.`,
    });
  }
  const parts = partsOf(request);
  if (!parts.ok) return parts;
  const kept = await checkAndKeepKey(subject, provider, parts.value, deps);
  if (kept.ok) return ok(jsonAnswer(200, connectionView(kept.value.record, provider.facts.name)));
  if (kept.error === 'platform_off') return err(switchedOff(provider));
  if (kept.error === 'unknown') return err(unavailable(undefined));
  if ('service' in kept.error) return err(unavailable(kept.error));
  return err({
    status: 400,
    code: 'invalid_request',
    message: `${kept.error.map(({ problem }) => problem).join('; ')}.`,
    help: `${[...new Set(kept.error.map(({ fix }) => fix))].join('; ')}.`,
  });
}

function partsOf({ body, headers }: AuthzRequest): Result<unknown, Refusal> {
  const invalid = (status: number, message: string, help: string): Result<never, Refusal> =>
    err({ status, code: 'invalid_request', message, help });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    return invalid(413, 'The body is larger than 64 KB', 'Check that it is a key and not a file.');
  }
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return invalid(415, 'The body is not declared as JSON', 'Send it with Content-Type: application/json.');
  }
  const fields = parseObject(body);
  // Which of two equal names counts differs between readers (RFC 8259 §4): what was reviewed may not be what is stored.
  if (fields === undefined || findDuplicateKey(body, 3) !== undefined || Object.keys(fields).join() !== 'parts') {
    return invalid(400, 'The body is not a JSON object with "parts" and nothing else', 'Send {"parts": {…}}.');
  }
  return ok(fields['parts']);
}

async function end(
  provider: ConnectableConfig,
  subject: string,
  deps: ConnectionsDeps,
): Promise<Result<AuthzAnswer, Refusal>> {
  const asked = await disconnect(subject, provider.name, deps);
  if (!asked.ok) return err(unavailable(refresherFailure(asked.error)));
  if (asked.value.outcome !== 'done') return err(unavailable(undefined));
  const { revokedAtProvider } = asked.value;
  const body: EndConnectionResponse = {
    existed: revokedAtProvider !== undefined,
    revokedAtProvider: revokedAtProvider === true,
  };
  return ok(jsonAnswer(200, body));
}

function connectable({ provider, isOff }: OwnPlatform, issuer: string): ConnectableProvider {
  const { name, kind, facts } = provider;
  return {
    provider: name,
    name: facts.name,
    kind,
    ...(kind === 'key' && { parts: ownKeyShape(provider).parts }),
    connectUrl: issuer + connectPage(name),
    blocked: isOff,
  };
}

function noSuchCall(): Refusal {
  return {
    status: 404,
    code: 'invalid_request',
    message: 'There is no such call',
    help: `See the calls under ${PATHS.ownConnections}.`,
  };
}

function switchedOff({ name }: ConnectableConfig): Refusal {
  return {
    status: 403,
    code: 'switched_off',
    message: `${name} is switched off`,
    help: 'Ask an administrator of this gateway.',
  };
}

/** Passing trouble is 503 and worth a retry; the rest needs the operator. */
function unavailable(failure: BackendFailure | undefined): Refusal {
  const isPassing = failure === undefined || failure.kind === 'throttled' || failure.kind === 'unavailable';
  return {
    status: isPassing ? 503 : 500,
    code: isPassing ? 'connections_unavailable' : 'internal',
    message: 'The request could not be completed',
    help: isPassing ? 'Send it again.' : 'The operator finds the cause in the function log by the request id.',
    ...(failure && { cause: `${failure.service}.${failure.name}` }),
  };
}

function refusalAnswer({ status, code, message, help }: Refusal): AuthzAnswer {
  return jsonAnswer(status, { error: { code, message, help } }, status === 503 ? { 'Retry-After': '1' } : {});
}
