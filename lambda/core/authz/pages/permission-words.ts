import { DEFAULT_SCOPES } from '../../../config/gateway-config';
import { PATHS } from '../../../contract/paths';
import { type Html, html } from './html';
import { literal, shown } from './shown';

/** What the token is good for: an endpoint or the vault, and the scopes. */
export interface Permission {
  /** Canonical URL. */
  readonly resource: string;
  readonly scopes: readonly string[];
}

const MANAGE_KEYS = 'vault:manage';
const MANAGE_CONNECTIONS = 'connections:manage';

interface Gateway {
  readonly gatewayUrl: string;
  /** All of them, for a token good at all of them. */
  readonly upstreamNames: readonly string[];
}

/** What a grant allows, a sentence each. */
export function permissionWords(
  { resource, scopes }: Permission,
  { gatewayUrl, upstreamNames }: Gateway,
): readonly Html[] {
  // Of a grant from before the gateway moved, all behind the host: it opens nothing any more.
  const path = resource.startsWith(gatewayUrl) ? resource.slice(gatewayUrl.length) : new URL(resource).pathname;
  const known: readonly string[] = [...DEFAULT_SCOPES, MANAGE_KEYS, MANAGE_CONNECTIONS];
  const tools = path === PATHS.vaultResource ? [] : [toolsWords(path, upstreamNames)];
  const keys = scopes.includes(MANAGE_KEYS)
    ? [html`List, store, replace, disable, enable and delete keys of this gateway`]
    : [];
  const connections = scopes.includes(MANAGE_CONNECTIONS)
    ? [html`List and disconnect the accounts you have connected, and store keys of your own`]
    : [];
  const others = scopes.filter((scope) => !known.includes(scope)).map((scope) => html`Permission ${literal(scope)}`);
  return [...tools, ...keys, ...connections, ...others];
}

function toolsWords(path: string, upstreamNames: readonly string[]): Html {
  const names = path === PATHS.mcp ? upstreamNames : [path.slice(PATHS.mcp.length + 1)];
  return names.length === 0
    ? html`Use the tools of this gateway as you`
    : html`Use the tools of ${listed(names)} as you`;
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): Html {
  return html`${names.map((name, i) => {
    const before = i === 0 ? '' : i === names.length - 1 ? ' and ' : ', ';
    return html`${before}<strong>${shown(name)}</strong>`;
  })}`;
}
