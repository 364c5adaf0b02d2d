import type { VaultRequest } from '../../core/vault/parse-vault-request';
import { serveVault, type VaultContext } from '../../core/vault/serve-vault';
import { describeRefusal } from '../../core/vault/vault-refusal';
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

/** The vault function. `log` gets the one line a request leaves. */
export function vaultHandler(
  context: VaultContext,
  log: (fields: Readonly<Record<string, unknown>>) => void,
): (event: VaultProxyEvent) => Promise<VaultProxyAnswer> {
  return async (event) => {
    try {
      const { answer, audit } = await serveVault(readRequest(event), context);
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

function readRequest(event: VaultProxyEvent): VaultRequest {
  return {
    method: event.httpMethod,
    route: event.resource,
    provider: event.pathParameters?.['provider'],
    contentType: readHeaders(event)['content-type'],
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
    actor: event.requestContext.identity?.userArn ?? undefined,
    requestId: event.requestContext.requestId,
  };
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
