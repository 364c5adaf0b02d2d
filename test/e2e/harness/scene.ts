import type { LocalGatewayOptions } from '../../../local/gateway';
import { type ForgingIssuer, startForgingIssuer, type TokenRequest } from '../../fixtures/forging-issuer';
import { type RawAnswer, type RawCall, rawCall } from '../../fixtures/raw-call';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { type GatewayProcess, startGatewayProcess } from './gateway-process';
import type { WireCall } from './mcp-wire';
import { type VaultClient, vaultClient } from './vault-client';

/** A gateway between a client that writes raw HTTP and an upstream that follows a script. */
export interface Scene {
  readonly gateway: GatewayProcess;
  readonly issuer: ForgingIssuer;
  readonly upstream: ScriptedUpstream;
  readonly vault: VaultClient;
  /** A token for the endpoint of one upstream. */
  token(upstream: string, change?: TokenRequest): Promise<string>;
  /** Sends a call to an endpoint, with a valid token unless `authorization` is given; `null` sends none. */
  send(upstream: string, call: WireCall, options?: SendOptions): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface SendOptions extends Pick<RawCall, 'signal' | 'onChunk' | 'method'> {
  readonly authorization?: string | null;
}

export type Upstreams = LocalGatewayOptions['upstreams'];

export async function startScene(
  upstreams: (url: string) => Upstreams,
  options: Omit<Partial<LocalGatewayOptions>, 'upstreams' | 'issuer'> = {},
): Promise<Scene> {
  const issuer = await startForgingIssuer();
  const upstream = await startScriptedUpstream(answerJson(textResult('hello')));
  const gateway = await startGatewayProcess({
    upstreams: upstreams(upstream.url),
    issuer: issuer.issuer,
    ...options,
  });
  const token: Scene['token'] = (name, change) => issuer.token(gateway.endpoint(name), change);
  return {
    gateway,
    issuer,
    upstream,
    vault: vaultClient(gateway),
    token,
    send: async (name, call, { authorization, ...rest } = {}) => {
      const value = authorization === undefined ? `Bearer ${await token(name)}` : authorization;
      return rawCall(gateway.endpoint(name), {
        headers: [...call.headers, ...(value === null ? [] : ['Authorization', value])],
        body: call.body,
        ...rest,
      });
    },
    close: async () => {
      await gateway.close();
      await upstream.close();
      await issuer.close();
    },
  };
}

/** The JSON-RPC error of an answer. */
export interface RpcError {
  readonly id: unknown;
  readonly code: number;
  readonly message: string;
  readonly reason: string | undefined;
  readonly help: string | undefined;
}

export function rpcError(answer: Pick<RawAnswer, 'text'>): RpcError {
  const { id, error } = JSON.parse(answer.text) as {
    id: unknown;
    error: { code: number; message: string; data?: { reason?: string; help?: string } };
  };
  return { id, code: error.code, message: error.message, reason: error.data?.reason, help: error.data?.help };
}
