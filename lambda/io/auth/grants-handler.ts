import { describeGrantsRefusal } from '../../core/grants/grants-refusal';
import type { GrantsRequest } from '../../core/grants/parse-grants-request';
import { type GrantsDeps, serveGrants } from '../../core/grants/serve-grants';
import { type RestProxyEvent, readHeaders } from '../lambda-event';

/** The part of a REST API proxy event that the grants function reads. */
export interface GrantsProxyEvent extends RestProxyEvent {
  readonly resource: string;
  readonly queryStringParameters?: Readonly<Record<string, string>> | null;
  readonly requestContext: RestProxyEvent['requestContext'] & {
    readonly identity?: { readonly userArn?: string | null };
  };
}

export interface GrantsProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The grants function. `log` gets the one line a request leaves. */
export function grantsHandler(
  deps: GrantsDeps,
  log: (fields: Readonly<Record<string, unknown>>) => void,
): (event: GrantsProxyEvent) => Promise<GrantsProxyAnswer> {
  return async (event) => {
    try {
      const { answer, audit } = await serveGrants(readRequest(event), deps);
      log({ ...audit });
      return proxyAnswer(answer.status, answer.body);
    } catch (error) {
      log({
        event: 'grants.failed',
        requestId: event.requestContext.requestId,
        outcome: 'internal',
        cause: error instanceof Error ? error.name : typeof error,
      });
      const failure = { service: 'dynamodb', kind: 'invalid', name: 'Unexpected' } as const;
      const { status, body } = describeGrantsRefusal({ code: 'backend', failure });
      return proxyAnswer(status, body);
    }
  };
}

function readRequest(event: GrantsProxyEvent): GrantsRequest {
  return {
    method: event.httpMethod,
    route: event.resource,
    pathParameters: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    contentType: readHeaders(event)['content-type'],
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
    actor: event.requestContext.identity?.userArn ?? undefined,
    requestId: event.requestContext.requestId,
  };
}

function proxyAnswer(statusCode: number, body: object | undefined): GrantsProxyAnswer {
  const headers = {
    'Cache-Control': 'no-store',
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(statusCode === 503 ? { 'Retry-After': '1' } : {}),
  };
  return { statusCode, headers, body: body === undefined ? '' : JSON.stringify(body) };
}
