import { McpGatewayError } from '../gateway-error';
import { printable } from '../printable';

/** A stable reason of an authorization server, `invalid_grant` for example. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export function oauthReason(error: unknown): string | undefined {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return name === 'OAuthError' && typeof code === 'string' && /^[a-z_]{1,60}$/.test(code) ? code : undefined;
}

/** What went wrong in words of our own: the helpers' may quote an answer, and an answer may quote a token. */
export function tokenFailure(error: unknown, issuer: string): McpGatewayError {
  if (error instanceof McpGatewayError) return error;
  const reason = oauthReason(error);
  if (reason === undefined || reason === 'server_error' || reason === 'temporarily_unavailable') {
    return new McpGatewayError(
      'authorization_server_failed',
      `The authorization server ${issuer} failed to answer a token request`,
      'Try again; if it persists, its operator finds the cause in the log.',
      reason === undefined ? undefined : { reason },
    );
  }
  return new McpGatewayError(
    'sign_in_failed',
    `The authorization server ${issuer} refused: ${reason}`,
    helpFor(reason),
    { reason },
  );
}

/** The answer in the browser was an error; its words are cut and cannot move the cursor. */
export function authorizationRefused(reason: string, description: string, issuer: string): McpGatewayError {
  const code = /^[a-z_]{1,60}$/.test(reason) ? reason : 'error';
  const words = printable(description).slice(0, 200);
  return new McpGatewayError(
    'sign_in_failed',
    code === 'access_denied'
      ? 'The sign-in was declined'
      : `The authorization server ${issuer} refused the sign-in: ${code}${words ? ` (${words})` : ''}`,
    helpFor(code),
    { reason: code },
  );
}

function helpFor(reason: string): string {
  switch (reason) {
    case 'access_denied':
      return 'Sign in again and allow it, or ask an administrator whether you may.';
    case 'invalid_client':
    case 'unauthorized_client':
      return 'Check that the client is registered there, for this way of signing in and with this key.';
    case 'invalid_scope':
    case 'invalid_target':
      return 'Ask the gateway’s operator whether you may have what was asked for.';
    default:
      return 'Sign in again.';
  }
}
