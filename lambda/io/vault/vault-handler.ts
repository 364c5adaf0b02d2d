import type { Result } from '../../core/result';
import { isOwnRoute, type VaultRequest } from '../../core/vault/parse-vault-request';
import { serveVault, type VaultContext } from '../../core/vault/serve-vault';
import { describeRefusal, type VaultRefusal } from '../../core/vault/vault-refusal';
import { type RestProxyEvent, readHeaders } from '../lambda-event';

/** The part of a REST API proxy event (payload version 1.0) that the vault function reads. */
export interface VaultProxyEvent extends RestProxyEvent {
  readonly resource: string;
  readonly requestContext: RestProxyEvent['requestContext'] & {
    readonly identity?: { readonly userArn?: string | null };
  };
}

export interface VaultProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Who a bearer token speaks for, where people may manage keys by one. */
export type PersonSource = (authorization: string | undefined) => Promise<Result<string, VaultRefusal>>;

/** The vault function. `log` gets the one line a request leaves. */
export function vaultHandler(
  context: VaultContext,
  log: (fields: Readonly<Record<string, unknown>>) => void,
  person?: PersonSource,
): (event: VaultProxyEvent) => Promise<VaultProxyAnswer> {
  return async (event) => {
    try {
      const { answer, audit } = await serveVault(await readRequest(event, person), context);
      log({ ...audit });
      return proxyAnswer(answer.status, answer.body);
    } catch (error) {
      // Nothing foreseen. An exception's text may quote the request, so only its class and place are kept.
      log({
        event: 'vault.failed',
        time: new Date(context.now()).toISOString(),
        requestId: event.requestContext.requestId,
        outcome: 'internal',
        cause: error instanceof Error ? error.name : typeof error,
        at: error instanceof Error ? place(error) : undefined,
      });
      const { status, body } = describeRefusal({ code: 'internal' });
      return proxyAnswer(status, body);
    }
  };
}

async function readRequest(event: VaultProxyEvent, person: PersonSource | undefined): Promise<VaultRequest> {
  const headers = readHeaders(event);
  return {
    method: event.httpMethod,
    route: event.resource,
    provider: event.pathParameters?.['provider'],
    contentType: headers['content-type'],
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
    // Who signed says nothing where nobody has to sign, and the other way round.
    actor: isOwnRoute(event.resource)
      ? await actorOf(person, headers['authorization'])
      : (event.requestContext.identity?.userArn ?? undefined),
    requestId: event.requestContext.requestId,
  };
}

async function actorOf(person: PersonSource | undefined, authorization: string | undefined) {
  const found = await person?.(authorization);
  return found?.ok ? found.value : found?.error;
}

function proxyAnswer(statusCode: number, body: object | undefined): VaultProxyAnswer {
  const headers = {
    'Cache-Control': 'no-store',
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(statusCode === 503 ? { 'Retry-After': '1' } : {}),
  };
  return { statusCode, headers, body: body === undefined ? '' : JSON.stringify(body) };
}

/** `index.mjs:1:2345` of the innermost frame. */
function place(error: Error): string | undefined {
  return /\n\s+at [^\n]*?([\w.-]+:\d+:\d+)\)?(?:\n|$)/.exec(error.stack ?? '')?.[1];
}
