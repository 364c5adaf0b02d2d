import { join } from 'node:path';
import { decodeJwt } from 'jose';

import type { GatewayConfig, ProviderConfig } from '../lambda/config/gateway-config';
import { formatProblems, parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import { PATHS } from '../lambda/contract/paths';
import { startNode } from './processes';
import { type SignedIn, type SignInJob, type SignInProcess, startSignIn } from './sign-in-process';
import { GATEWAY_URL, SCOPE, type Staged, type Staging, startStaging } from './staging';

const IDP_CLIENT = 'gateway';
const CLIENT = { clientId: 'bench', redirectUri: 'http://127.0.0.1:33418/callback' };
/** Staged for what signs in, which never calls it. */
const NO_UPSTREAM = 'http://127.0.0.1:1/mcp';

/** A gateway that is its own issuer, before an identity provider that costs next to nothing. */
export interface OwnIssuer extends Staging {
  /** What any authorization server in its place is asked. */
  readonly job: Omit<SignInJob, 'directory'>;
  /** A client the operator has entered. */
  readonly client: { readonly clientId: string; readonly redirectUri: string };
  stageAuthz(): Promise<Staged>;
  startAuthz(): Promise<SignInProcess>;
  /** A person signs in, by the real `authz` function. */
  signIn(): Promise<SignedIn & GrantOf>;
}

/** What a token says of its grant, and what a call with it carries. */
interface GrantOf {
  readonly subject: string;
  readonly grantId: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startOwnIssuer(root: string, home: string): Promise<OwnIssuer> {
  const idp = await startNode(join(root, 'bench/targets/idp-stub.mjs'));
  const idpOrigin = `http://127.0.0.1:${idp.port}`;
  const staging = await startStaging({
    root,
    home,
    configure: (...config) => gatewayConfig(idpOrigin, ...config),
    idpClientSecret: 'bench-idp-secret',
  });
  const job = { origin: GATEWAY_URL, idp: idpOrigin, resource: GATEWAY_URL + staging.path, scope: SCOPE };
  const stageAuthz = () => staging.stage({ upstreamUrl: NO_UPSTREAM }, 'authz');
  const startAuthz = async () => {
    const { directory, env } = await stageAuthz();
    return startSignIn(root, 'authz', { ...job, directory }, env);
  };
  let authz: Promise<SignInProcess> | undefined;
  return {
    ...staging,
    job,
    client: CLIENT,
    stageAuthz,
    startAuthz,
    async signIn() {
      authz ??= startAuthz();
      const signedIn = await (await authz).signIn();
      const { sub: subject = '', sid: grantId } = decodeJwt<{ sid: string }>(signedIn.accessToken);
      return { ...signedIn, subject, grantId, headers: { authorization: `Bearer ${signedIn.accessToken}` } };
    },
    async close() {
      await (await authz)?.process.stop();
      await idp.stop();
      await staging.close();
    },
  };
}

function gatewayConfig(
  idp: string,
  upstreams: GatewayConfig['upstreams'],
  cacheTtlMs: number,
  providers?: readonly ProviderConfig[],
): GatewayConfig {
  const parsed = parseGatewayConfig({
    formatVersion: 1,
    auth: { issuer: GATEWAY_URL, jwksUri: GATEWAY_URL + PATHS.jwks, algorithms: ['ES256'], requiredScopes: [SCOPE] },
    authorizationServer: {
      identityProvider: { issuer: idp, clientId: IDP_CLIENT, clientAuthentication: 'client_secret_basic' },
      clients: [{ clientId: CLIENT.clientId, name: 'Bench', redirectUris: [CLIENT.redirectUri] }],
      // Longer than the longest group: what is measured is a call, not the renewal of its token.
      accessTokenSeconds: 3600,
    },
    upstreams,
    ...(providers === undefined ? {} : { providers }),
    cacheTtlMs,
  });
  if ('problems' in parsed) throw new Error(formatProblems(parsed.problems));
  return parsed.config;
}
