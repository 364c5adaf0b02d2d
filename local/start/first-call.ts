import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import { McpGateway, McpGatewayError } from '../../sdk/index';
import type { KeyUpstream } from '../demo/key-upstream';
import { type LocalGateway, localCredentials } from '../gateway';

export interface FirstCall {
  readonly agentSaw: string;
  readonly upstreamGot: string;
  /** Medians over interleaved calls, in ms. */
  readonly throughGatewayMs: number;
  readonly directMs: number;
  readonly addedMs: number;
  readonly calls: number;
}

const CALLS = 25;
const WARM_UP = 5;

/** What this product is for, once: the keys go into the vault, and an agent that never sees them uses one. */
export async function firstCall(
  gateway: LocalGateway,
  upstream: KeyUpstream,
  keys: Readonly<Record<'stripe' | 'everything', string>>,
  token: string,
  signal: AbortSignal,
): Promise<FirstCall> {
  const sdk = new McpGateway({
    authMode: 'iam',
    clientId: 'demo-agent',
    cacheTtl: '1s',
    url: gateway.url,
    region: localCredentials(gateway.aws).region,
    credentials: localCredentials(gateway.aws),
    token,
  });
  for (const [provider, key] of Object.entries(keys)) {
    await sdk.storeInVault({ provider, key, vaultType: 'encrypted-credentials-proxy' });
  }
  const agent = await sdk.connect('stripe').catch(async (error: unknown) => {
    if (!(error instanceof McpGatewayError) || error.reason !== 'credential_missing') throw error;
    // An instance that looked before the key was there may believe so for as long as `cacheTtl`.
    await delay(gateway.config.cacheTtlMs, undefined, { signal });
    return sdk.connect('stripe');
  });
  try {
    const agentSaw = await showKey(agent);
    const upstreamGot = upstream.lastSeen ?? 'nothing';
    return { agentSaw, upstreamGot, ...(await measure(agent, upstream, keys.stripe, signal)) };
  } finally {
    await agent.close();
  }
}

async function showKey(client: Client): Promise<string> {
  const result = await client.callTool({ name: 'show_key', arguments: {} });
  return result.content.map((item) => (item.type === 'text' ? item.text : `[${item.type}]`)).join('\n');
}

/** Direct and through the gateway in turn, so that both meet the same machine. */
async function measure(agent: Client, upstream: KeyUpstream, key: string, signal: AbortSignal) {
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const direct = new Client({ name: 'direct', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  await direct.connect(new StreamableHTTPClientTransport(new URL(upstream.url), { requestInit }));
  try {
    const times = { direct: [] as number[], gateway: [] as number[] };
    for (let i = 0; i < WARM_UP + CALLS; i++) {
      signal.throwIfAborted();
      const [directMs, gatewayMs] = [await timed(direct), await timed(agent)];
      if (i < WARM_UP) continue;
      times.direct.push(directMs);
      times.gateway.push(gatewayMs);
    }
    const [directMs, throughGatewayMs] = [median(times.direct), median(times.gateway)];
    return { directMs, throughGatewayMs, addedMs: rounded(throughGatewayMs - directMs), calls: CALLS };
  } finally {
    await direct.close();
  }
}

async function timed(client: Client): Promise<number> {
  const start = performance.now();
  await showKey(client);
  return performance.now() - start;
}

function median(values: number[]): number {
  return rounded(values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
