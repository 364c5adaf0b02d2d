import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { McpGatewayError } from './gateway-error';

/** What a deployment, or a local run, says of one gateway. */
export interface GatewayOutputs {
  readonly url: string;
  readonly region?: string;
  /** Of the identity provider where people sign in, exactly as its ID tokens have it. */
  readonly idpIssuer?: string;
  /** Only in a local run's file: what opens that one gateway on this machine. */
  readonly local?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly token?: string };
}

export interface OutputsFile {
  readonly path: string;
  readonly gateways: readonly GatewayOutputs[];
}

/** Outputs of a gateway's stack, and of `npm start`. CDK puts the construct's path before the name and a hash behind it. */
export const OUTPUT = {
  url: 'GatewayUrl',
  region: 'GatewayRegion',
  idpIssuer: 'IdpIssuer',
  accessKeyId: 'LocalAccessKeyId',
  secretAccessKey: 'LocalSecretAccessKey',
  token: 'LocalToken',
} as const;

export const DEPLOY_OUTPUTS = 'cdk-outputs.json';
export const LOCAL_OUTPUTS = join('.mcp-gateway', 'local.json');

/** Outputs files at `directory` or the nearest place above it, newest first. */
export function findOutputs(
  directory: string,
  names: readonly string[] = [DEPLOY_OUTPUTS, LOCAL_OUTPUTS],
): OutputsFile[] {
  return names
    .flatMap((name) => nearest(name, directory) ?? [])
    .sort((a, b) => b.writtenMs - a.writtenMs)
    .map(({ path }) => ({ path, gateways: parseOutputs(path, readText(path)) }));
}

function nearest(name: string, directory: string): { path: string; writtenMs: number } | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) {
      refuseForeignFile(path, stat.uid, stat.mode);
      return { path, writtenMs: stat.mtimeMs };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

/** A file planted in a shared parent folder could send the key to its author. */
function refuseForeignFile(path: string, owner: number, mode: number): void {
  const self = process.getuid?.();
  if (self === undefined || ((owner === self || owner === 0) && (mode & 0o002) === 0)) return;
  throw new McpGatewayError(
    'outputs_file_unusable',
    `${path} belongs to another user or can be written by everyone, so its gateway URL cannot be trusted`,
    'Pass url or set MCP_GATEWAY_URL, or take ownership of the file.',
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unusable(path, 'cannot be read', cause);
  }
}

/** `{ "<stack>": { "<output>": "<value>" } }`, as `cdk deploy --outputs-file` writes it. */
function parseOutputs(path: string, text: string): GatewayOutputs[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw unusable(path, 'is not JSON');
  }
  if (!isRecord(document)) throw unusable(path, 'is not an object of stacks');
  return Object.values(document).filter(isRecord).flatMap(gatewaysOfStack);
}

function gatewaysOfStack(outputs: Record<string, unknown>): GatewayOutputs[] {
  return Object.entries(outputs).flatMap(([name, url]) => {
    const prefix = prefixOf(name, OUTPUT.url);
    if (prefix === undefined || typeof url !== 'string') return [];
    const sibling = (wanted: string): string | undefined => {
      const found = Object.entries(outputs).find(([other]) => prefixOf(other, wanted) === prefix)?.[1];
      return typeof found === 'string' ? found : undefined;
    };
    const region = sibling(OUTPUT.region);
    const idpIssuer = sibling(OUTPUT.idpIssuer);
    const accessKeyId = sibling(OUTPUT.accessKeyId);
    const secretAccessKey = sibling(OUTPUT.secretAccessKey);
    const token = sibling(OUTPUT.token);
    return [
      {
        url: url.replace(/\/+$/, ''),
        ...(region ? { region } : {}),
        ...(idpIssuer ? { idpIssuer } : {}),
        ...(accessKeyId && secretAccessKey
          ? { local: { accessKeyId, secretAccessKey, ...(token ? { token } : {}) } }
          : {}),
      },
    ];
  });
}

/** `ToolsGatewayUrl1A2B3C4D` is the output `GatewayUrl` of the construct `Tools`. */
function prefixOf(name: string, output: string): string | undefined {
  return new RegExp(`^(.*?)${output}(?:[0-9A-F]{8})?$`).exec(name)?.[1];
}

function unusable(path: string, problem: string, cause?: unknown): McpGatewayError {
  return new McpGatewayError(
    'outputs_file_unusable',
    `${path} ${problem}`,
    'Deploy again, pass url, or set MCP_GATEWAY_URL.',
    cause === undefined ? undefined : { cause },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
