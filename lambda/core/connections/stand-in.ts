import type { CompleteAnswer } from '../http-message';
import { isObject, isText } from '../json';
import type { McpMessage } from '../mcp-message';
import { MODERN_VERSION, SUPPORTED_VERSIONS } from '../protocol';
import { toResult } from './connect-offer';
import { connectTool, STAND_IN_MARK } from './offer-names';

/** What is said in place of an upstream that cannot be asked before the person has connected. */
export interface StandInFacts {
  readonly provider: string;
  readonly platform: string;
  readonly isModern: boolean;
  /** Seals what a legacy client has to bring along. */
  readonly sealSession: (session: StandInSession) => string;
}

/** What the opening of a legacy session said, kept in its id until the upstream's own session takes its place. */
export interface StandInSession {
  readonly version: string;
  /** Whether the client opens URLs it is given. */
  readonly opensUrls: boolean;
  readonly clientInfo: unknown;
}

/** First revision with URL mode. */
const URL_MODE_SINCE = '2025-11-25';
const SERVER_INFO = { name: 'cdk-mcp-gateway', version: '1' };
const MAX_CLIENT_INFO = 512;

const LISTS: ReadonlyMap<string, string> = new Map([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resourceTemplates'],
]);

/** Answers what leads a client to its first call; `undefined` for the rest. */
export function standIn(message: McpMessage, facts: StandInFacts): CompleteAnswer | undefined {
  const { provider, platform, isModern } = facts;
  const { id, method } = message;
  if (message.kind !== 'request') return { status: 202, headers: {}, body: { kind: 'complete', bytes: '' } };
  const instructions = `Nothing of ${platform} can be used before the person has connected their account: call the tool ${connectTool(provider)}, then list the tools again.`;
  // Not to be kept: with the connection, another list takes its place.
  const modern = (kept: object) =>
    isModern
      ? {
          resultType: 'complete',
          ...kept,
          ttlMs: 0,
          cacheScope: 'private',
          _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
        }
      : kept;
  const list = LISTS.get(method);
  if (list !== undefined) return toResult(id, modern({ [list]: list === 'tools' ? [toolOf(provider, platform)] : [] }));
  if (isModern) {
    if (method !== 'server/discover') return undefined;
    const result = { supportedVersions: [MODERN_VERSION], capabilities: { tools: {} }, instructions };
    return toResult(id, modern(result));
  }
  if (method === 'ping') return toResult(id, {});
  if (method !== 'initialize') return undefined;
  const session = openingOf(message.params);
  const result = {
    protocolVersion: session.version,
    capabilities: { tools: {} },
    serverInfo: SERVER_INFO,
    instructions,
  };
  const answer = toResult(id, result);
  return { ...answer, headers: { ...answer.headers, 'mcp-session-id': facts.sealSession(session) } };
}

export function writeStandInSession(session: StandInSession): string {
  return STAND_IN_MARK + JSON.stringify(session);
}

/** `undefined` of an upstream's own session. */
export function readStandInSession(sessionId: string | undefined): StandInSession | undefined {
  return sessionId?.startsWith(STAND_IN_MARK) ? (JSON.parse(sessionId) as StandInSession) : undefined;
}

function openingOf({ protocolVersion, capabilities, clientInfo }: McpMessage['params']): StandInSession {
  const isKnown =
    isText(protocolVersion) && protocolVersion !== MODERN_VERSION && SUPPORTED_VERSIONS.includes(protocolVersion);
  const version = isKnown ? protocolVersion : URL_MODE_SINCE;
  const isShort = JSON.stringify(clientInfo ?? '').length <= MAX_CLIENT_INFO;
  return {
    version,
    opensUrls: version >= URL_MODE_SINCE && opensUrls(capabilities),
    clientInfo: isObject(clientInfo) && isShort ? clientInfo : SERVER_INFO,
  };
}

/** `elicitation: {}` means forms only. */
export function opensUrls(capabilities: unknown): boolean {
  const elicitation = isObject(capabilities) ? capabilities['elicitation'] : undefined;
  return isObject(elicitation) && isObject(elicitation['url']);
}

function toolOf(provider: string, platform: string): object {
  return {
    name: connectTool(provider),
    title: `Connect ${platform}`,
    description: `Connect your ${platform} account to this gateway. Gives a link for the person to open; afterwards, list the tools again.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
  };
}
