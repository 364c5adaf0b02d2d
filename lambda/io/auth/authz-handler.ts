import type { AuthzAnswer, AuthzRequest, Parameters } from '../../core/authz/http';
import type { AuthEvent } from '../../core/authz/ports';
import { type RestProxyEvent, readHeaders } from '../lambda-event';

/** The part of a REST API proxy event that the authz function reads. */
export interface AuthzProxyEvent extends RestProxyEvent {
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>> | null;
}

export interface AuthzProxyAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly body: string;
}

/** The authz function around `serve`. What nobody foresaw is told by its class and place only. */
export function authzHandler(
  serve: (request: AuthzRequest) => Promise<AuthzAnswer>,
  failed: (request: AuthzRequest) => AuthzAnswer,
  log: (event: AuthEvent) => void,
): (event: AuthzProxyEvent) => Promise<AuthzProxyAnswer> {
  return async (event) => {
    const request = readRequest(event);
    try {
      return proxyAnswer(await serve(request));
    } catch (error) {
      // An exception's text may quote the request: a code, a token, a claim.
      log({
        event: 'auth.failed',
        outcome: 'internal',
        requestId: request.requestId,
        cause: error instanceof Error ? error.name : typeof error,
        at:
          error instanceof Error
            ? /\n\s+at [^\n]*?([\w.-]+:\d+:\d+)\)?(?:\n|$)/.exec(error.stack ?? '')?.[1]
            : undefined,
      });
      return proxyAnswer(failed(request));
    }
  };
}

function readRequest(event: AuthzProxyEvent): AuthzRequest {
  return {
    method: event.httpMethod,
    path: event.path,
    query: parametersOf(event.multiValueQueryStringParameters),
    headers: { ...readHeaders(event), ...cookieHeader(event) },
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'),
    requestId: event.requestContext.requestId,
  };
}

/** RFC 9113 §8.2.3: a browser may send cookies in several fields, and they are one list parted by semicolons. */
function cookieHeader({ multiValueHeaders }: AuthzProxyEvent): { readonly cookie?: string } {
  const crumbs = Object.entries(multiValueHeaders ?? {}).flatMap(([name, values]) =>
    name.toLowerCase() === 'cookie' ? values : [],
  );
  return crumbs.length === 0 ? {} : { cookie: crumbs.join('; ') };
}

/** Without a prototype: `__proto__` is a name like any other here. */
function parametersOf(query: AuthzProxyEvent['multiValueQueryStringParameters']): Parameters {
  return Object.assign(Object.create(null), query);
}

function proxyAnswer({ status, headers, cookies, body }: AuthzAnswer): AuthzProxyAnswer {
  return {
    statusCode: status,
    headers: { 'Strict-Transport-Security': 'max-age=31536000', 'X-Content-Type-Options': 'nosniff', ...headers },
    multiValueHeaders: cookies && { 'Set-Cookie': cookies },
    body,
  };
}
