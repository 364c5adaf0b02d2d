import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import type { DemoPersonName } from '../../../local/demo/people';
import type { LocalGatewayOptions, LocalSignIn } from '../../../local/gateway';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';
import { modernCall } from '../harness/mcp-wire';
import { Person } from '../harness/person';
import { type VaultClient, vaultClient } from '../harness/vault-client';
import { Agent, codeOf, type Tokens, tokensOf } from './agent';

/** A gateway that signs people in, a client that has registered, and an MCP server that notes what reaches it. */
export interface SignInScene {
  readonly issuer: DemoIssuer;
  readonly gateway: GatewayProcess;
  readonly upstream: ScriptedUpstream;
  readonly api: VaultClient;
  readonly agent: Agent;
  person(name?: DemoPersonName): Person;
  /** A whole sign-in by `agent`, or by another client. */
  signIn(agent?: Agent, person?: Person): Promise<Tokens>;
  /** `tools/list` at an endpoint, with this bearer token. */
  call(token: string, upstream?: string): Promise<RawAnswer>;
  close(): Promise<void>;
}

export async function startSignInScene(
  signIn: Partial<LocalSignIn> = {},
  options: Partial<LocalGatewayOptions> = {},
): Promise<SignInScene> {
  const issuer = await startDemoIssuer();
  const upstream = await startScriptedUpstream(answerJson(textResult('hello')));
  const gateway = await startGatewayProcess({
    upstreams: [
      { name: 'tools', url: upstream.url },
      { name: 'other', url: upstream.url },
    ],
    cacheTtlMs: 0,
    ...options,
    signIn: {
      identityProvider: {
        issuer: issuer.issuer,
        clientId: issuer.client.id,
        scopes: ['openid', 'profile', 'email'],
        administratorGroups: ['administrators'],
      },
      clientSecret: issuer.client.secret,
      ...signIn,
    },
  });
  const agent = await Agent.registered(gateway.url, gateway.endpoint('tools'));
  const person: SignInScene['person'] = (name = 'alice') => new Person(gateway.url, issuer, name);
  return {
    issuer,
    gateway,
    upstream,
    api: vaultClient(gateway),
    agent,
    person,
    signIn: async (client = agent, who = person()) =>
      tokensOf(await client.redeem(codeOf(await who.signIn(client.authorizationUrl())))),
    call: (token, name = 'tools') => {
      const { headers, body } = modernCall('tools/list');
      return rawCall(gateway.endpoint(name), { headers: [...headers, 'Authorization', `Bearer ${token}`], body });
    },
    close: async () => {
      await gateway.close();
      await upstream.close();
      await issuer.close();
    },
  };
}
