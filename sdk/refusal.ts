import { McpGatewayError, type McpGatewayErrorCode } from './gateway-error';
import { printable } from './printable';

/** The reasons of the vault, the grants and the connections, and those of the API in front of them. */
const CODES: Readonly<Record<string, McpGatewayErrorCode>> = {
  invalid_request: 'invalid_request',
  unknown_provider: 'unknown_provider',
  key_not_found: 'key_not_found',
  version_conflict: 'version_conflict',
  rotation_under_way: 'rotation_under_way',
  rotation_not_found: 'rotation_not_found',
  forbidden: 'forbidden',
  vault_unavailable: 'vault_unavailable',
  grant_not_found: 'grant_not_found',
  grants_unavailable: 'grants_unavailable',
  switched_off: 'switched_off',
  connections_unavailable: 'connections_unavailable',
  internal: 'internal',
  unauthorized: 'unauthorized',
  invalid_signature: 'unauthorized',
  expired_credentials: 'unauthorized',
  not_found: 'not_found',
  throttled: 'throttled',
};

export interface RefusedCall {
  readonly api: 'vault' | 'grants' | 'connections';
  readonly identity: 'aws' | 'token';
  /** Appear in no error, whatever the answer quotes. */
  readonly secrets?: readonly string[] | undefined;
}

/** The error a refused call of the gateway's own APIs ends with. */
export function apiRefusal(status: number, text: string, url: URL, call: RefusedCall): McpGatewayError {
  const body = refusalBody((call.secrets ?? []).reduce((cleaned, secret) => cleaned.replaceAll(secret, '[key]'), text));
  // What API Gateway says when a policy or a scope does not allow the call; the wording there speaks of endpoints.
  if (body?.reason === 'insufficient_scope') return notAllowed(call);
  const code = body && CODES[body.reason];
  if (body && code) return new McpGatewayError(code, body.message, body.help, { reason: body.reason });
  return new McpGatewayError(
    'gateway_answer_invalid',
    `${url.origin} answered ${status} without a reason this SDK knows${body ? ` (${body.reason})` : ''}`,
    'Check that the URL is the gateway’s own, and that this SDK is as new as the gateway.',
  );
}

function notAllowed({ api, identity }: RefusedCall): McpGatewayError {
  if (identity === 'token') {
    return new McpGatewayError(
      'forbidden',
      `Whoever is signed in may not use the ${api}`,
      'Only administrators of the gateway may; sign in as one, and allow it on the consent page.',
    );
  }
  return new McpGatewayError('forbidden', `This AWS identity may not use the ${api}`, `${ALLOW[api]} routes.`);
}

const ALLOW = {
  vault: 'Allow it execute-api:Invoke on the gateway’s /vault',
  grants: 'Allow it execute-api:Invoke on the gateway’s /grants and /switches',
  connections: 'Allow it execute-api:Invoke on the gateway’s /connections and /switches',
} as const;

/** The error a refused MCP call ends with; `undefined` if the answer is not a refusal of the gateway's own. */
export function mcpRefusal(text: string): McpGatewayError | undefined {
  const body = refusalBody(text);
  if (!body) return undefined;
  return new McpGatewayError(mcpCode(body.reason), body.message, body.help, { reason: body.reason });
}

function mcpCode(reason: string): McpGatewayErrorCode {
  if (reason === 'insufficient_scope' || reason === 'origin_not_allowed') return 'forbidden';
  if (reason === 'unknown_upstream') return 'not_found';
  if (reason.startsWith('credential_')) return 'credential_unusable';
  if (reason.startsWith('upstream_')) return 'upstream_failed';
  return CODES[reason] ?? 'gateway_refused';
}

/** Reads `{error: {code, message, help}}` of the vault and `{error: {message, data: {reason, help}}}` of the API. */
function refusalBody(text: string): { reason: string; message: string; help: string } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const error = field(body, 'error');
  const code = field(error, 'code');
  const reason = typeof code === 'string' ? code : field(field(error, 'data'), 'reason');
  const message = field(error, 'message');
  const help = field(error, 'help') ?? field(field(error, 'data'), 'help');
  if (typeof reason !== 'string' || typeof message !== 'string') return undefined;
  const told = (text: string) => printable(text).slice(0, 500);
  return { reason: told(reason), message: told(message), help: typeof help === 'string' ? told(help) : '' };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
