import { createHash, randomBytes } from 'node:crypto';
import { type ConsentChoice, consentAt } from '../../../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../../../local/demo/platforms/demo-platform';

export const REDIRECT_URI = 'http://127.0.0.1:4000/callback/demo';
export const VERIFIER = randomBytes(32).toString('base64url');
export const CHALLENGE = {
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
};

type Parameters = Readonly<Record<string, string>>;

/** The id and secret the platform knows the gateway by. */
export function clientOf({ provider, clientSecret }: DemoPlatform): { readonly id: string; readonly secret: string } {
  return { id: provider.client?.clientId ?? '', secret: clientSecret ?? '' };
}

export function basic(platform: DemoPlatform): Parameters {
  const { id, secret } = clientOf(platform);
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

export function post(platform: DemoPlatform): Parameters {
  const { id, secret } = clientOf(platform);
  return { client_id: id, client_secret: secret };
}

/** The callback of an answered question. */
export function authorize(platform: DemoPlatform, parameters: Parameters, choice?: ConsentChoice): Promise<URL> {
  const url = new URL(platform.provider.facts.oauth?.authorizationEndpoint ?? '');
  const { id } = clientOf(platform);
  url.search = new URLSearchParams({
    client_id: id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    state: 'the state',
    ...parameters,
  }).toString();
  return consentAt(url, choice);
}

export function codeIn(callback: URL): string {
  return callback.searchParams.get('code') ?? '';
}

export interface PlatformReply {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export async function send(url: string, init: RequestInit): Promise<PlatformReply> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const type = answer.headers.get('content-type');
  const json = type?.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: answer.status, type, text, json };
}

export function sendForm(url: string, form: Parameters, headers: Parameters = {}): Promise<PlatformReply> {
  return send(url, { method: 'POST', headers, body: new URLSearchParams(form) });
}

export function tokenEndpoint({ provider }: DemoPlatform): string {
  return provider.facts.oauth?.tokenEndpoint ?? '';
}

/** What `whoami` of its MCP server says; the status where it does not let in. */
export async function whoami({ mcpUrl }: DemoPlatform, token: unknown): Promise<string | number> {
  const meta = 'io.modelcontextprotocol/';
  const { status, text } = await send(mcpUrl, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${String(token)}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': 'whoami',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'whoami',
        arguments: {},
        _meta: {
          [`${meta}protocolVersion`]: '2026-07-28',
          [`${meta}clientInfo`]: { name: 'test', version: '1' },
          [`${meta}clientCapabilities`]: {},
        },
      },
    }),
  });
  return status === 200 ? (/"text":"([^"]*)"/.exec(text)?.[1] ?? text) : status;
}
