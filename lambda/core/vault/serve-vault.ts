import type { ListKeysResponse, VaultKeyMetadata } from '../../contract/vault-api';
import { err, ok, type Result } from '../result';
import { deleteKey, setKeyStatus, storeKey, type VaultDeps } from './change-key';
import { type ClientSecretDeps, storeClientSecret } from './client-secret';
import type { KeyShape } from './key-shape';
import { operationOf, parseVaultRequest, type VaultCommand, type VaultRequest } from './parse-vault-request';
import { abandonRotation, confirmRotation, startRotation } from './rotate-key';
import type { LiveKey } from './vault-ports';
import { describeRefusal, type VaultRefusal } from './vault-refusal';

export interface VaultAnswer {
  readonly status: number;
  /** `undefined`: none. */
  readonly body: object | undefined;
}

/** What the log keeps of a request: these fields and no others. */
export interface VaultAudit {
  readonly event: string;
  readonly time: string;
  readonly requestId: string;
  readonly actor: string | undefined;
  readonly provider: string | undefined;
  readonly version: number | undefined;
  /** `ok`, or the code of the refusal. */
  readonly outcome: string;
  /** Service and error name, when AWS refused something. */
  readonly cause: string | undefined;
}

export type VaultContext = VaultDeps &
  Pick<ClientSecretDeps, 'clientSecretIds'> & { readonly shapes: ReadonlyMap<string, KeyShape> };

/** What a carried-out command leads to. */
interface Done {
  readonly answer: VaultAnswer;
  readonly version: number | undefined;
}

/** Serves one vault request: parse, carry out, answer. Says for the log what was done, by whom, to which key. */
export async function serveVault(
  request: VaultRequest,
  context: VaultContext,
): Promise<{ readonly answer: VaultAnswer; readonly audit: VaultAudit }> {
  const startedAt = context.now();
  const clients = [...context.clientSecretIds.keys()];
  const outcome = await run(parseVaultRequest(request, context.shapes, clients), context);
  return {
    answer: outcome.ok ? outcome.value.answer : describeRefusal(outcome.error),
    audit: {
      event: `vault.${operationOf(request) ?? 'unknown'}`,
      time: new Date(startedAt).toISOString(),
      requestId: request.requestId,
      actor: typeof request.actor === 'string' ? request.actor : undefined,
      // Only a configured name: anything else in the path could be a key in the wrong place.
      provider: [...context.shapes.keys(), ...clients].find((name) => name === request.provider),
      version: outcome.ok ? outcome.value.version : undefined,
      outcome: outcome.ok ? 'ok' : describeRefusal(outcome.error).body.error.code,
      cause: outcome.ok ? undefined : causeOf(outcome.error),
    },
  };
}

async function run(
  parsed: Result<VaultCommand, VaultRefusal>,
  context: VaultContext,
): Promise<Result<Done, VaultRefusal>> {
  if (!parsed.ok) return parsed;
  const command = parsed.value;
  switch (command.operation) {
    case 'list':
      return listKeys(context);
    case 'store':
      return withMetadata(await storeKey(command, context));
    case 'disable':
      return withMetadata(await setKeyStatus(command, 'disabled', context));
    case 'enable':
      return withMetadata(await setKeyStatus(command, 'active', context));
    case 'rotate':
      return withMetadata(await startRotation(command, context));
    case 'confirm':
      return withMetadata(await confirmRotation(command, context));
    case 'abandon':
      return withMetadata(await abandonRotation(command, context));
    case 'delete': {
      const erased = await deleteKey(command, context);
      return erased.ok ? ok({ answer: { status: 204, body: undefined }, version: erased.value }) : erased;
    }
    case 'store-client-secret': {
      const stored = await storeClientSecret(command.provider, command.clientSecret, context);
      return stored.ok ? ok({ answer: { status: 204, body: undefined }, version: undefined }) : stored;
    }
  }
}

async function listKeys({ records, shapes }: VaultContext): Promise<Result<Done, VaultRefusal>> {
  const configured = [...shapes.keys()];
  const found = await records.readAll(configured);
  if (!found.ok) return err({ code: 'backend', failure: found.error });
  const keys = found.value
    .filter((record) => record.kind === 'live')
    .map(metadata)
    .sort((a, b) => (a.provider < b.provider ? -1 : 1));
  const body: ListKeysResponse = { keys, configured };
  return ok({ answer: { status: 200, body }, version: undefined });
}

function withMetadata(outcome: Result<LiveKey, VaultRefusal>): Result<Done, VaultRefusal> {
  if (!outcome.ok) return outcome;
  return ok({ answer: { status: 200, body: metadata(outcome.value) }, version: outcome.value.version });
}

/** Field by field, so that nothing else of a record reaches an answer. */
function metadata(key: LiveKey): VaultKeyMetadata {
  const { provider, status, version, parts, origins, createdAt, updatedAt, updatedBy, candidate } = key;
  const known = { provider, status, version, parts, origins, createdAt, updatedAt, updatedBy };
  return candidate === undefined ? known : { ...known, rotationStartedAt: candidate.startedAt };
}

function causeOf(refusal: VaultRefusal): string | undefined {
  if ('cause' in refusal) return refusal.cause;
  return refusal.code === 'backend' ? `${refusal.failure.service} ${refusal.failure.name}` : undefined;
}
