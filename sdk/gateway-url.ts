import { McpGatewayError } from './gateway-error';
import { findOutputs, type GatewayOutputs, LOCAL_OUTPUTS, type OutputsFile } from './outputs-file';

export interface GatewayLocation {
  /** No trailing slash. */
  readonly url: string;
  /** Where the URL was found, for messages. */
  readonly source: string;
  /** What the outputs file says of this gateway beside its URL. */
  readonly outputs: GatewayOutputs | undefined;
}

export const URL_VARIABLE = 'MCP_GATEWAY_URL';
export const URL_OPTION = 'option url';

/** The gateway's URL: the option, else the environment, else the newest outputs file at or above `directory`. */
export function locateGateway(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): GatewayLocation {
  if (option !== undefined) return located(checkedUrl(option, URL_OPTION), URL_OPTION, directory);
  const fromEnv = env[URL_VARIABLE];
  if (fromEnv) return located(checkedUrl(fromEnv, URL_VARIABLE), URL_VARIABLE, directory);

  const [file] = findOutputs(directory);
  if (!file) {
    throw new McpGatewayError(
      'gateway_url_missing',
      `No gateway URL: option url and ${URL_VARIABLE} are not set, and there is no cdk-outputs.json or .mcp-gateway/local.json in ${directory} or above`,
      `Pass url, set ${URL_VARIABLE}, deploy with "npx cdk deploy --outputs-file cdk-outputs.json", or run "npm start".`,
    );
  }
  const outputs = onlyGateway(file);
  return { url: checkedUrl(outputs.url, file.path), source: file.path, outputs };
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** An address given by hand is still looked up in the local run's file: its credentials open only that address. */
function located(url: string, source: string, directory: string): GatewayLocation {
  if (!isLoopback(url)) return { url, source, outputs: undefined };
  const outputs = findOutputs(directory, [LOCAL_OUTPUTS])
    .flatMap((file) => file.gateways)
    .find((gateway) => gateway.url === url);
  return { url, source, outputs };
}

function onlyGateway(file: OutputsFile): GatewayOutputs {
  const [first, ...others] = file.gateways;
  if (first && others.every((other) => other.url === first.url)) return first;
  if (!first) {
    throw new McpGatewayError(
      'gateway_url_missing',
      `${file.path} has no output named GatewayUrl`,
      `Deploy a stack with an McpGateway into that file, pass url, or set ${URL_VARIABLE}.`,
    );
  }
  throw new McpGatewayError(
    'gateway_url_ambiguous',
    `${file.path} names several gateways: ${file.gateways.map((gateway) => gateway.url).join(', ')}`,
    `Say which one: pass url or set ${URL_VARIABLE}.`,
  );
}

/**
 * Keys, tokens and signatures go to this address. Plain http would show them to the network,
 * so it is for this machine only.
 */
function checkedUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new McpGatewayError(
      'invalid_option',
      `The gateway URL from ${source} is not a URL`,
      'It looks like https://mcp.example.com.',
    );
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new McpGatewayError(
      'invalid_option',
      `The gateway URL from ${source} carries credentials, a query or a fragment`,
      `Use ${url.protocol}//${url.host}${url.pathname} only.`,
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.href)) {
    throw new McpGatewayError(
      'gateway_url_insecure',
      `The gateway URL from ${source}, ${url.origin}, is not https, so keys and tokens would cross the network in clear`,
      'Use the https URL; plain http works only for 127.0.0.1, [::1] and localhost.',
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}
