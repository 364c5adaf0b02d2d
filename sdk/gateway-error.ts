import type { ConnectionsErrorCode } from '../lambda/contract/connections-api';
import type { GrantsErrorCode } from '../lambda/contract/grants-api';
import type { VaultErrorCode } from '../lambda/contract/vault-api';

/** Every reason a call of this SDK fails for. Stable: new codes may come, existing ones keep their meaning. */
export type McpGatewayErrorCode =
  /** An option or argument is not usable; nothing was sent. */
  | 'invalid_option'
  /** This `authMode` does not work for this call. */
  | 'auth_mode_unavailable'
  /** No gateway URL in the option, the environment or an outputs file. */
  | 'gateway_url_missing'
  /** The outputs file names several gateways. */
  | 'gateway_url_ambiguous'
  /** The URL is not `https:` and not on this machine. */
  | 'gateway_url_insecure'
  /** An outputs file cannot be read, or somebody else could have written it. */
  | 'outputs_file_unusable'
  /** A package this call needs is not installed. */
  | 'package_missing'
  /** No AWS credentials, or no region. */
  | 'aws_credentials_missing'
  | 'aws_region_missing'
  /** `connect` needs an access token and none was supplied. */
  | 'token_missing'
  /** The access token names another audience than this gateway; it was not sent. */
  | 'token_for_another_gateway'
  /** Nobody is signed in, and nobody may be asked. */
  | 'sign_in_required'
  /** Nobody came back from the browser in time. */
  | 'sign_in_timeout'
  /** Declined by the person, or refused by the authorization server; `reason` is its own. */
  | 'sign_in_failed'
  /** What came back from the browser is not the answer of the authorization server that was asked. */
  | 'sign_in_answer_foreign'
  /** The file a sign-in is kept in cannot be used, or somebody else could have written or read it. */
  | 'sign_in_file_unusable'
  /** The authorization server knows no client for this program. */
  | 'client_not_registered'
  /** Who gives tokens cannot be found out safely: metadata missing, contradictory, or naming an address that is not https. */
  | 'authorization_server_unusable'
  /** The authorization server did not answer a token request properly. */
  | 'authorization_server_failed'
  /** The gateway did not accept who is calling. */
  | 'unauthorized'
  /** The gateway serves nothing there. */
  | 'not_found'
  | 'throttled'
  | 'gateway_unreachable'
  | 'gateway_timeout'
  /** The answer is a redirect; following it could hand the key to somebody else. */
  | 'gateway_redirected'
  /** The answer is not one of this gateway's. */
  | 'gateway_answer_invalid'
  /** The gateway has no usable key for the upstream; `message` and `help` are its own. */
  | 'credential_unusable'
  /** The gateway reached the upstream in vain; `message` and `help` are its own. */
  | 'upstream_failed'
  /** Any other refusal of the gateway's; `reason` says which. */
  | 'gateway_refused'
  /** Nobody finished connecting the account in time; the page may still be open. */
  | 'connect_timeout'
  | VaultErrorCode
  | GrantsErrorCode
  /** Of it, `switched_off`: an administrator has switched the platform off. */
  | ConnectionsErrorCode;

/** What failed (`message`), a stable reason (`code`), and what to do about it (`help`). Never carries a key or token. */
export class McpGatewayError extends Error {
  override readonly name = 'McpGatewayError';
  readonly code: McpGatewayErrorCode;
  readonly help: string;
  /** The gateway's own stable reason, if it was the gateway that refused. */
  readonly reason: string | undefined;

  constructor(
    code: McpGatewayErrorCode,
    message: string,
    help: string,
    options?: { cause?: unknown; reason?: string },
  ) {
    super(message, options);
    this.code = code;
    this.help = help;
    this.reason = options?.reason;
  }
}
