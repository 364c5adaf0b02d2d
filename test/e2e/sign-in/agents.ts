import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { AgentProvider } from './agent-provider';

/** A connected agent, of whichever SDK. */
export interface Agent {
  listTools(): Promise<string[]>;
  callTool(name: string): Promise<unknown>;
  close(): Promise<void>;
}

/** The part of an SDK that signs in: connects, and says that a person is needed by an error. */
export interface AgentSdk {
  connect(url: string, provider: AgentProvider, fetch?: typeof globalThis.fetch): Promise<Agent>;
  /** Hands over what came back in the address. */
  finish(url: string, provider: AgentProvider, answer: URL, fetch?: typeof globalThis.fetch): Promise<void>;
}

const IDENTITY = { name: 'agent', version: '1.0.0' };

export const SDK_V1: AgentSdk = {
  connect: async (url, provider, fetch) => {
    const client = new ClientV1(IDENTITY);
    await client.connect(transportV1(url, provider, fetch) as never);
    return {
      listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
      callTool: async (name) => (await client.callTool({ name, arguments: {} })).content,
      close: () => client.close(),
    };
  },
  finish: (url, provider, answer, fetch) =>
    transportV1(url, provider, fetch).finishAuth(answer.searchParams.get('code') ?? ''),
};

export function sdkV2(mode: 'legacy' | 'auto' | { readonly pin: '2026-07-28' }): AgentSdk {
  return {
    connect: async (url, provider, fetch) => {
      const client = new ClientV2(IDENTITY, { versionNegotiation: { mode } });
      await client.connect(transportV2(url, provider, fetch));
      return {
        listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
        callTool: async (name) => (await client.callTool({ name, arguments: {} })).content,
        close: () => client.close(),
      };
    },
    // All parameters: it compares `iss` (RFC 9207).
    finish: (url, provider, answer, fetch) => transportV2(url, provider, fetch).finishAuth(answer.searchParams),
  };
}

function transportV1(url: string, provider: AgentProvider, fetch: typeof globalThis.fetch = globalThis.fetch) {
  return new TransportV1(new URL(url), { authProvider: provider as never, fetch: fetch as never });
}

function transportV2(url: string, provider: AgentProvider, fetch: typeof globalThis.fetch = globalThis.fetch) {
  return new TransportV2(new URL(url), { authProvider: provider as never, fetch });
}
