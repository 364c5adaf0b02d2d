import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import { startKeyUpstream } from '../../../local/demo/key-upstream';
import { maskSecret } from '../../../local/demo/mask-secret';
import type { DemoPersonName } from '../../../local/demo/people';
import { Person } from '../../../local/demo/person';
import type { LocalSignIn } from '../../../local/gateway';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';
import { vaultClient } from '../harness/vault-client';

/** A company with its people, a gateway they sign in at, and a server behind it that demands a key. */
export interface KeyedScene {
  readonly issuer: DemoIssuer;
  readonly gateway: GatewayProcess;
  /** Of the server that demands a key; its tools are `show_key` and `echo`. */
  readonly endpoint: string;
  person(name?: DemoPersonName): Person;
  close(): Promise<void>;
}

const KEY = 'sk_e2e_3f8a1c7d9b2e4f60';
/** What `show_key` says through the gateway. */
export const SHOWN_KEY = `Authorization: ${maskSecret(`Bearer ${KEY}`)}`;
export const SCENE_TOOLS = ['show_key', 'echo'];

export async function startKeyedScene({
  hasOtherEndpoint = false,
  ...signIn
}: Partial<Omit<LocalSignIn, 'identityProvider' | 'clientSecret'>> & {
  /** One more server behind the gateway: then the API's one 401 cannot name either endpoint. */
  readonly hasOtherEndpoint?: boolean;
} = {}): Promise<KeyedScene> {
  const [issuer, upstream] = await Promise.all([startDemoIssuer(), startKeyUpstream({ headerValue: `Bearer ${KEY}` })]);
  const gateway = await startGatewayProcess({
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'acme', headers: { Authorization: 'Bearer {key}' } },
      },
      ...(hasOtherEndpoint ? [{ name: 'other', url: upstream.url }] : []),
    ],
    // A revocation counts at once.
    cacheTtlMs: 0,
    signIn: {
      ...signIn,
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
    },
  });
  await vaultClient(gateway).store('acme', { key: KEY });
  return {
    issuer,
    gateway,
    endpoint: gateway.endpoint('keyed'),
    person: (name = 'bob') => new Person(gateway.url, issuer, name),
    close: async () => {
      await gateway.close();
      await Promise.all([issuer.close(), upstream.close()]);
    },
  };
}
