import type { JsonWebKey } from 'node:crypto';
import type { DurationText } from './duration';
import { McpGatewayError } from './gateway-error';
import type { AwsCredentials } from './sign-request';

/**
 * Who the caller is.
 *
 * - `'iam'`: AWS credentials sign calls of the vault and of grants. With `token` as well, `connect` works too.
 * - `'token'`: an access token supplied by the caller opens MCP endpoints.
 * - `'oauth2.1-pkce'`: a person, who signs in with a browser once and stays signed in on this machine.
 * - `'client-credentials'`: this program itself, a client registered at the gateway, by its private key.
 */
export type AuthMode = 'iam' | 'token' | 'oauth2.1-pkce' | 'client-credentials';

export interface McpGatewayOptions {
  readonly authMode: AuthMode;
  /**
   * Name this client is known by to the gateway and its upstreams. With `'oauth2.1-pkce'` it may be an https URL: that
   * of the client's own metadata document, which then is its OAuth client id. @default 'cdk-mcp-gateway-sdk'
   */
  readonly clientId?: string;
  /** How long a token from a `token` function, and what the vault listed, are reused. @default '1s' */
  readonly cacheTtl?: DurationText;
  /** @default MCP_GATEWAY_URL, else the newest of cdk-outputs.json and .mcp-gateway/local.json here or above */
  readonly url?: string;
  /** AWS region of the gateway. @default from the URL, else the outputs file, else AWS_REGION */
  readonly region?: string;
  /** @default the AWS default chain: environment, profile, SSO, container, instance */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Access token for MCP endpoints, or a function that gets one. */
  readonly token?: string | (() => Promise<string>);
  /** OAuth client id, where the operator registered one for this program. @default the SDK's own, or clientId */
  readonly registeredClientId?: string;
  /** For `'client-credentials'`: the client's private key as PEM or JWK, or the path of a file with it. */
  readonly privateKey?: string | JsonWebKey;
  /**
   * Takes the address to sign in at to the person; `false`: nobody is there, fail instead.
   * @default written to standard error, and opened in the system's browser
   */
  readonly openBrowser?: ((url: string) => unknown) | false;
  /** Longest wait for a person to sign in. @default '5m' */
  readonly signInTimeout?: DurationText;
  /** Longest wait for one answer of the gateway's. @default '10s' */
  readonly timeout?: DurationText;
}

const MODES: readonly unknown[] = ['iam', 'token', 'oauth2.1-pkce', 'client-credentials'] satisfies AuthMode[];

export function checkedAuthMode(mode: unknown): AuthMode {
  if (MODES.includes(mode)) return mode as AuthMode;
  throw new McpGatewayError(
    'invalid_option',
    'authMode is none of those there are',
    "Use 'oauth2.1-pkce' (a person), 'client-credentials' (a program), 'iam' (AWS credentials) or 'token' (a token you supply).",
  );
}

export function checkedClientId(option: 'clientId' | 'registeredClientId', clientId: unknown): string {
  if (typeof clientId === 'string' && /^[\x21-\x7e]{1,200}$/.test(clientId)) return clientId;
  throw new McpGatewayError(
    'invalid_option',
    `${option} is not a name of 1 to 200 printable characters without spaces`,
    "Use a name such as 'billing-agent'.",
  );
}
