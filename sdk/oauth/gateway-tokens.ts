import { PATHS } from '../../lambda/contract/paths';
import { parseDuration } from '../duration';
import { McpGatewayError } from '../gateway-error';
import { checkedClientId, type McpGatewayOptions } from '../options';
import { configFolder } from './config-folder';
import type { ProtectedResource } from './discover';
import { guardedFetch } from './guarded-fetch';
import { MachineTokens } from './machine-tokens';
import { type ClientChoice, clientKey } from './oauth-client';
import { openBrowser } from './open-browser';
import { PersonTokens } from './person-tokens';
import { readClientKey } from './private-key';
import { signInFile } from './token-file';

/**
 * What somebody signs in for. A gateway has two resources: its endpoints, and the vault, where an agent's token opens
 * nothing. `connections` is the vault again, for one's own accounts only.
 */
export type ResourceName = 'endpoints' | 'vault' | 'connections';

type Resource = Exclude<ResourceName, 'connections'>;

export function gatewayResource(gatewayUrl: string, name: Resource): ProtectedResource {
  const path = name === 'endpoints' ? PATHS.mcp : PATHS.vaultResource;
  return { url: gatewayUrl + path, metadataUrl: gatewayUrl + PATHS.protectedResourceMetadata + path };
}

/** Tokens of whoever signs in at this gateway, kept in the folder of the operating system's user. */
export function personTokens(
  options: McpGatewayOptions,
  gatewayUrl: string,
  timeoutMs: number,
): (name: Resource) => PersonTokens {
  const client = clientChoice(options);
  const signInTimeoutMs = parseDuration('signInTimeout', options.signInTimeout ?? '5m');
  const open = options.openBrowser === false ? undefined : (options.openBrowser ?? showAndOpen);
  const fetchFn = guardedFetch(timeoutMs);
  return (name) => {
    const resource = gatewayResource(gatewayUrl, name);
    const key = { gateway: gatewayUrl, client: clientKey(client), resource: resource.url };
    const store = signInFile(configFolder(), key);
    return new PersonTokens({ resource, gatewayUrl, client, store, open, signInTimeoutMs, fetchFn });
  };
}

/** Tokens of this program itself. */
export function machineTokens(
  options: McpGatewayOptions,
  gatewayUrl: string,
  timeoutMs: number,
): (name: Resource) => MachineTokens {
  const { privateKey } = options;
  const clientId = options.registeredClientId ?? options.clientId;
  if (clientId === undefined || privateKey === undefined) {
    throw new McpGatewayError(
      'invalid_option',
      "authMode 'client-credentials' needs registeredClientId and privateKey",
      'Register the client at the gateway with its public key, and pass its id and private key.',
    );
  }
  const checked = checkedClientId('registeredClientId', clientId);
  const fetchFn = guardedFetch(timeoutMs);
  return (name) =>
    new MachineTokens({
      resource: gatewayResource(gatewayUrl, name),
      clientId: checked,
      key: () => readClientKey(privateKey),
      fetchFn,
    });
}

function clientChoice({ registeredClientId, clientId = 'cdk-mcp-gateway-sdk' }: McpGatewayOptions): ClientChoice {
  const metadataUrl = /^https:\/\/[^/]+\/./.test(clientId) ? clientId : undefined;
  return {
    ...(registeredClientId === undefined
      ? {}
      : { registered: { clientId: checkedClientId('registeredClientId', registeredClientId) } }),
    ...(metadataUrl === undefined ? {} : { metadataUrl }),
    displayName: metadataUrl === undefined ? clientId : new URL(metadataUrl).host,
  };
}

/** Shown as well as opened: there may be no browser here, or another one is wanted. */
function showAndOpen(url: string): void {
  process.stderr.write(`Sign in with your browser at:\n\n  ${url}\n\n`);
  openBrowser(url);
}
