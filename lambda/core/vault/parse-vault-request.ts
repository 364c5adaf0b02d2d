import { PATHS } from '../../contract/paths';
import { VAULT_KEY_ACTIONS } from '../../contract/vault-api';
import { findDuplicateKey } from '../duplicate-keys';
import { parseObject } from '../json';
import { err, ok, type Result } from '../result';
import { checkParts, type Problem } from './check-parts';
import { checkClientSecret } from './client-secret';
import type { KeyShape } from './key-shape';
import type { VaultRefusal } from './vault-refusal';

/** A request as API Gateway delivers it. */
export interface VaultRequest {
  readonly method: string;
  /** The matched route, `/vault/keys/{provider}`, not the path. */
  readonly route: string;
  readonly provider: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
  /** The IAM principal API Gateway authenticated, or the administrator a token speaks for; why there is neither. */
  readonly actor: string | VaultRefusal | undefined;
  readonly requestId: string;
}

export type VaultCommand =
  | { readonly operation: 'list' }
  | {
      /** `rotate`: beside the one in use. */
      readonly operation: 'store' | 'rotate';
      readonly shape: KeyShape;
      readonly parts: Readonly<Record<string, string>>;
      readonly expectedVersion: number | undefined;
      readonly actor: string;
    }
  | { readonly operation: 'disable' | 'enable' | 'delete'; readonly shape: KeyShape; readonly actor: string }
  | {
      readonly operation: 'confirm' | 'abandon';
      readonly shape: KeyShape;
      readonly expectedVersion: number | undefined;
      readonly actor: string;
    }
  | {
      readonly operation: 'store-client-secret';
      readonly provider: string;
      readonly clientSecret: string;
      readonly actor: string;
    };

export type VaultOperation = VaultCommand['operation'];

const ROUTES: Readonly<Record<string, VaultOperation>> = {
  [`GET ${PATHS.vaultKeys}`]: 'list',
  [`PUT ${PATHS.vaultKeys}/{provider}`]: 'store',
  [`DELETE ${PATHS.vaultKeys}/{provider}`]: 'delete',
  ...Object.fromEntries(VAULT_KEY_ACTIONS.map((action) => [`POST ${PATHS.vaultKeys}/{provider}/${action}`, action])),
  [`PUT ${PATHS.vaultClients}/{provider}`]: 'store-client-secret',
};
const MAX_BODY_BYTES = 64 * 1024;

export function operationOf({ method, route }: Pick<VaultRequest, 'method' | 'route'>): VaultOperation | undefined {
  return ROUTES[`${method} ${isOwnRoute(route) ? route.replace(PATHS.vaultOwnKeys, PATHS.vaultKeys) : route}`];
}

/** Whether a route is for people with a token of ours, instead of AWS credentials. */
export function isOwnRoute(route: string): boolean {
  return route === PATHS.vaultOwnKeys || route.startsWith(`${PATHS.vaultOwnKeys}/`);
}

/**
 * Turns a request into a command, or says everything that is wrong with it. `clients`: the providers at which the
 * gateway is a client with a secret.
 */
export function parseVaultRequest(
  request: VaultRequest,
  shapes: ReadonlyMap<string, KeyShape>,
  clients: readonly string[] = [],
): Result<VaultCommand, VaultRefusal> {
  const { actor } = request;
  if (!actor) return err({ code: 'forbidden' });
  if (typeof actor !== 'string') return err(actor);
  const operation = operationOf(request);
  if (operation === undefined) {
    return refuse(404, { problem: 'there is no such vault call', fix: `see the calls under ${PATHS.vaultKeys}` });
  }
  if (operation === 'list') return ok({ operation });
  if (operation === 'store-client-secret') return parseClientSecret(request, clients, actor);
  const shape = shapes.get(request.provider ?? '');
  if (shape === undefined) return err({ code: 'unknown_provider', configured: [...shapes.keys()] });
  if (operation === 'store' || operation === 'rotate') {
    const body = parseStoreBody(request, shape);
    return body.ok ? ok({ operation, shape, actor, ...body.value }) : body;
  }
  const isEmpty = /^\s*(\{\s*\})?\s*$/.test(request.body);
  if (operation === 'confirm' || operation === 'abandon') {
    if (isEmpty) return ok({ operation, shape, actor, expectedVersion: undefined });
    const expectedVersion = parseEndBody(request);
    return expectedVersion.ok
      ? ok({ operation, shape, actor, expectedVersion: expectedVersion.value })
      : expectedVersion;
  }
  if (isEmpty) return ok({ operation, shape, actor });
  return refuse(400, { problem: 'this call takes no body', fix: 'send it without one' });
}

function parseClientSecret(
  request: VaultRequest,
  clients: readonly string[],
  actor: string,
): Result<VaultCommand, VaultRefusal> {
  const { provider = '' } = request;
  if (!clients.includes(provider)) return err({ code: 'unknown_client', configured: clients });
  const fields = parseBody(request, '{"clientSecret": "…"}');
  if (!fields.ok) return fields;
  const { clientSecret, ...others } = fields.value;
  const problems = [...checkClientSecret(clientSecret), ...strayMembers(request.body, others, 'clientSecret')];
  if (problems.length > 0) return refuse(400, ...problems);
  return ok({ operation: 'store-client-secret', provider, clientSecret: String(clientSecret), actor });
}

function parseStoreBody(
  request: VaultRequest,
  shape: KeyShape,
): Result<{ parts: Readonly<Record<string, string>>; expectedVersion: number | undefined }, VaultRefusal> {
  const fields = parseBody(request, '{"parts": {…}}');
  if (!fields.ok) return fields;
  const { parts, expectedVersion, ...others } = fields.value;
  const problems = [
    ...checkParts(parts, shape),
    ...strayMembers(request.body, others, 'parts and expectedVersion'),
    ...checkVersion(expectedVersion),
  ];
  if (problems.length > 0) return refuse(400, ...problems);
  return ok({
    parts: Object.fromEntries(shape.parts.map((name) => [name, (parts as Record<string, string>)[name] ?? ''])),
    expectedVersion: expectedVersion as number | undefined,
  });
}

function parseEndBody(request: VaultRequest): Result<number | undefined, VaultRefusal> {
  const fields = parseBody(request, '{"expectedVersion": 3}');
  if (!fields.ok) return fields;
  const { expectedVersion, ...others } = fields.value;
  const problems = [...checkVersion(expectedVersion), ...strayMembers(request.body, others, 'expectedVersion')];
  return problems.length > 0 ? refuse(400, ...problems) : ok(expectedVersion as number | undefined);
}

function checkVersion(version: unknown): readonly Problem[] {
  if (version === undefined || (Number.isSafeInteger(version) && Number(version) >= 0)) return [];
  return [
    {
      problem: '"expectedVersion" is not a whole number from 0',
      fix: 'send the version of the last list, 0 if nothing is stored',
    },
  ];
}

function parseBody(
  { body, contentType }: VaultRequest,
  example: string,
): Result<Readonly<Record<string, unknown>>, VaultRefusal> {
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
    return refuse(413, { problem: 'the body is larger than 64 KB', fix: 'check that it is a key and not a file' });
  }
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? '')) {
    return refuse(415, {
      problem: 'the body is not declared as JSON',
      fix: 'send it with Content-Type: application/json',
    });
  }
  const fields = parseObject(body);
  if (fields !== undefined) return ok(fields);
  return refuse(400, { problem: 'the body is not a JSON object', fix: `send ${example}` });
}

/** Which of two equal names counts differs between readers (RFC 8259 §4): what was reviewed may not be what is stored. */
function strayMembers(body: string, others: object, known: string): readonly Problem[] {
  return [
    ...(findDuplicateKey(body, 3) === undefined
      ? []
      : [{ problem: 'the body has a member twice', fix: 'send each member once' }]),
    ...(Object.keys(others).length === 0
      ? []
      : [{ problem: `the body has a member other than ${known}`, fix: `send only ${known}` }]),
  ];
}

function refuse(status: 400 | 404 | 413 | 415, ...problems: readonly Problem[]) {
  return err<VaultRefusal>({ code: 'invalid_request', status, problems });
}
