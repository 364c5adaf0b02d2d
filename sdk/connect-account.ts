import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectableProvider, ConnectionView, ListConnectionsResponse } from '../lambda/contract/connections-api';
import { PATHS } from '../lambda/contract/paths';
import { type DurationText, parseDuration } from './duration';
import { McpGatewayError, type McpGatewayErrorCode } from './gateway-error';
import { openBrowser } from './oauth/open-browser';
import { printable } from './printable';

export interface ConnectAccountOptions {
  /**
   * Takes the address of the connect page to the person; `false`: `onProgress` does.
   * @default that of the gateway; it writes the address to standard error and opens the system's browser
   */
  readonly openBrowser?: ((url: string) => unknown) | false;
  /** Told when the page is to be opened, at every look whether it is done, and at the end. */
  readonly onProgress?: (progress: ConnectProgress) => unknown;
  /** Longest wait for the person. @default '5m' */
  readonly timeout?: DurationText;
}

export interface ConnectProgress {
  readonly stage: 'opening' | 'waiting' | 'connected';
  readonly provider: string;
  /** As people know the platform. */
  readonly name: string;
  /** The connect page. */
  readonly url: string;
  readonly waitedMs: number;
}

export interface ConnectSurroundings {
  readonly gatewayUrl: string;
  readonly list: () => Promise<ListConnectionsResponse>;
  /** The gateway's own way to a browser. */
  readonly openBrowser: ((url: string) => unknown) | false | undefined;
  readonly now?: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;

/** While somebody is busy in a browser, the network may come and go. */
const PASSING: ReadonlySet<McpGatewayErrorCode> = new Set([
  'gateway_unreachable',
  'gateway_timeout',
  'throttled',
  'connections_unavailable',
] as const);

/** Opens the connect page, and waits until the account is connected, or connected anew. */
export async function connectAccount(
  provider: string,
  options: ConnectAccountOptions,
  { gatewayUrl, list, openBrowser: opener, now = Date.now, pause = sleep }: ConnectSurroundings,
): Promise<ConnectionView> {
  const timeoutMs = parseDuration('timeout', options.timeout ?? '5m');
  const open = openerOf(options, opener);
  const before = await list();
  const target = connectable(provider, before);
  const { connectUrl: url, name } = target;
  requireOwnPage(url, gatewayUrl);
  const startedMs = now();
  const tell = (stage: ConnectProgress['stage']) =>
    options.onProgress?.({ stage, provider, name, url, waitedMs: now() - startedMs });

  tell('opening');
  await open?.(url, name);
  const earlier = connectionOf(provider, before)?.connectedAt;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const leftMs = startedMs + timeoutMs - now();
    if (leftMs <= 0) throw tooLate(target, timeoutMs);
    await pause(Math.min(pauseMs, leftMs));
    const listed = await list().catch((error: unknown) => {
      if (error instanceof McpGatewayError && PASSING.has(error.code)) return undefined;
      throw error;
    });
    const found = listed && connectionOf(provider, listed);
    if (found?.status === 'active' && found.connectedAt !== earlier) {
      tell('connected');
      return found;
    }
    // Blocked, or gone, while somebody was on their way.
    if (listed) connectable(provider, listed);
    tell('waiting');
  }
}

function openerOf(
  { openBrowser: own, onProgress }: ConnectAccountOptions,
  gatewayOpener: ConnectSurroundings['openBrowser'],
): ((url: string, name: string) => unknown) | undefined {
  if (typeof own === 'function') return own;
  if (own === false && onProgress !== undefined) return undefined;
  if (own === undefined && gatewayOpener !== false) return gatewayOpener ?? showAndOpen;
  throw new McpGatewayError(
    'invalid_option',
    'An account is connected in a browser, and nobody is told which page to open',
    'Pass openBrowser: (url) => …, or onProgress, which is told the address.',
  );
}

function connectable(provider: string, { providers }: ListConnectionsResponse): ConnectableProvider {
  const found = providers.find((one) => one.provider === provider);
  if (found === undefined) {
    const names = printable(providers.map((one) => one.provider).join(', '));
    throw new McpGatewayError(
      'unknown_provider',
      `No provider "${provider}" can be connected at this gateway`,
      names === '' ? 'Its operator has configured none.' : `Providers: ${names}.`,
    );
  }
  if (!found.blocked) return found;
  throw new McpGatewayError(
    'switched_off',
    `${provider} is switched off at this gateway`,
    'Ask an administrator of this gateway.',
  );
}

function connectionOf(provider: string, { connections }: ListConnectionsResponse): ConnectionView | undefined {
  return connections.find((one) => one.provider === provider);
}

/** Whatever an answer says, no other site is opened in somebody's browser as this gateway's. */
function requireOwnPage(url: string, gatewayUrl: string): void {
  const isOwn = URL.canParse(url) && new URL(url).href === url && url.startsWith(`${gatewayUrl}${PATHS.connect}/`);
  if (isOwn) return;
  throw new McpGatewayError(
    'gateway_answer_invalid',
    `${new URL(gatewayUrl).origin} names a connect page that is not its own`,
    'Check that the URL is the gateway’s own.',
  );
}

function tooLate({ name, provider }: ConnectableProvider, timeoutMs: number): McpGatewayError {
  return new McpGatewayError(
    'connect_timeout',
    `${printable(name)} was not connected within ${Math.round(timeoutMs / 1000)} s`,
    `Finish it in the browser, or begin again; list the connections to see whether ${provider} is among them.`,
  );
}

function showAndOpen(url: string, name: string): void {
  process.stderr.write(`Connect ${printable(name)} with your browser at:\n\n  ${url}\n\n`);
  openBrowser(url);
}
