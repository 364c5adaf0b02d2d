import type { DocumentFetcher, FetchRefusal } from '../../core/authz/ports';
import {
  type Challenge,
  type ResourceMetadata,
  readChallenge,
  readResourceMetadata,
  readServerMetadata,
  resourceMetadataUrls,
  type ServerMetadata,
  serverMetadataUrls,
} from '../../core/connections/mcp-metadata';
import type { ProviderProblem } from '../../core/connections/provider-port';
import { err, ok, type Result } from '../../core/result';
import { isDiscoveredEndpoint } from './discovered-endpoint';
import type { ProviderHttp } from './provider-http';

/** Where people authorize for an MCP server. */
export interface McpServer extends ServerMetadata {
  /** As the server calls itself: audience of its tokens (RFC 8707). */
  readonly resource: string;
}

export interface DiscoveryPorts {
  /** Fetches what strangers named. */
  readonly fetcher: DocumentFetcher;
  /** Asks the resource itself, whose address the operator chose. */
  readonly http: ProviderHttp;
}

type Answer<T> = Promise<Result<T, ProviderProblem>>;

const PASSING: ReadonlySet<FetchRefusal> = new Set(['unreachable', 'timeout', 'rate_limited']);
/** Of the documents a server lists, as many issuers are tried. */
const MAX_ISSUERS = 3;

/** From the URL of an MCP server to its authorization server: RFC 9728, then RFC 8414 or OpenID Connect Discovery. */
export async function discoverMcpServer(
  resource: string,
  pinnedIssuer: string | undefined,
  { fetcher, http }: DiscoveryPorts,
): Answer<McpServer> {
  const isUsable = (url: unknown): url is string => isDiscoveredEndpoint(url, resource);

  const challenge = await askForChallenge();
  const found = await findResource(challenge);
  if (!found.ok) return found;
  const issuers = found.value.authorizationServers.filter(isIssuer);
  const wanted = pinnedIssuer === undefined ? issuers : issuers.filter((issuer) => issuer === pinnedIssuer);
  // The operator said who it is; whatever the server says now, nobody's account or client secret follows it.
  if (wanted.length === 0) return invalid(pinnedIssuer === undefined ? 'discovery_issuer' : 'discovery_issuer_changed');
  let problem: Result<never, ProviderProblem> = invalid('discovery_issuer');
  for (const issuer of wanted.slice(0, MAX_ISSUERS)) {
    const server = await findServer(issuer);
    if (server.ok) return ok({ ...server.value, resource: found.value.resource, scopes: scopesOf(server.value) });
    problem = server;
  }
  return problem;

  /** What the server tells who comes without a token. It may tell nothing, and must not hold up anybody. */
  async function askForChallenge(): Promise<Challenge> {
    const answer = await http({
      url: resource,
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'user-agent': 'cdk-mcp-gateway',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      timeoutMs: CHALLENGE_TIMEOUT_MS,
    });
    const isChallenge = answer.ok && answer.value.status === 401;
    return readChallenge(isChallenge ? answer.value.headers['www-authenticate'] : undefined);
  }

  async function findResource({ resourceMetadata }: Challenge): Answer<ResourceMetadata> {
    // Named by the server, it is the only one that counts.
    const urls = resourceMetadata === undefined ? resourceMetadataUrls(resource) : [resourceMetadata];
    return firstOf(
      urls,
      (document) => readResourceMetadata(document, resource) ?? 'discovery_resource',
      'discovery_resource',
    );
  }

  function findServer(issuer: string): Answer<ServerMetadata> {
    const read = (document: unknown) => readServerMetadata(document, issuer, isUsable);
    return firstOf(serverMetadataUrls(issuer), read, 'discovery_metadata');
  }

  /** The first document that can be read as what is looked for; else why the last one could not. */
  async function firstOf<T extends object>(
    urls: readonly string[],
    read: (document: unknown) => T | string,
    missing: string,
  ): Answer<T> {
    let problem: ProviderProblem = { kind: 'invalid', cause: missing };
    for (const url of urls) {
      if (!isUsable(url)) {
        problem = { kind: 'invalid', cause: 'address_not_allowed' };
        continue;
      }
      const fetched = await fetcher.fetch(url);
      if (!fetched.ok) return err({ kind: 'unavailable', cause: `fetcher_${fetched.error.name}` });
      if ('refused' in fetched.value) {
        const { refused } = fetched.value;
        if (PASSING.has(refused)) problem = { kind: 'unavailable', cause: `discovery_${refused}` };
        else if (refused === 'address_not_allowed') problem = { kind: 'invalid', cause: refused };
        continue;
      }
      const value = read(fetched.value.document);
      if (typeof value !== 'string') return ok(value);
      problem = { kind: 'invalid', cause: value };
    }
    return err(problem);
  }

  /** What the challenge asks for, or all there is; a refresh token beside, where one has to be asked for. */
  function scopesOf({ scopes: supported }: ServerMetadata): readonly string[] {
    const wanted = challenge.scopes.length > 0 ? challenge.scopes : found.ok ? found.value.scopes : [];
    const isOffered = supported.includes('offline_access') && !wanted.includes('offline_access');
    return isOffered ? [...wanted, 'offline_access'] : wanted;
  }

  function isIssuer(issuer: string): boolean {
    return isUsable(issuer) && !issuer.includes('?');
  }
}

const CHALLENGE_TIMEOUT_MS = 3_000;

function invalid(cause: string): Result<never, ProviderProblem> {
  return err({ kind: 'invalid', cause });
}
