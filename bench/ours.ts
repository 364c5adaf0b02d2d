import { CONFIG_DEFAULTS, type GatewayConfig } from '../lambda/config/gateway-config';
import { PATHS } from '../lambda/contract/paths';
import { type OursHop, startHop } from './hop';
import type { BenchContext } from './rows/context';
import { GATEWAY_URL, PROVIDER, SCOPE, type StageOptions, type Staging, startStaging } from './staging';
import { startTokenIssuer } from './token-issuer';

/** What the real handler stands in: an issuer that is not the gateway, AWS, a stored key. */
export interface Ours extends Staging {
  /** What a call carries: a signed access token. */
  readonly headers: Readonly<Record<string, string>>;
  /** What bench/naive needs to do the same call. */
  naiveEnv(upstreamUrl: string): Readonly<Record<string, string>>;
  startHop(bench: BenchContext, options: StageOptions): Promise<OursHop>;
}

export async function startOurs(root: string, home: string): Promise<Ours> {
  const issuer = await startTokenIssuer();
  const { algorithms, tokenTypes, clockToleranceSeconds } = CONFIG_DEFAULTS;
  const auth: GatewayConfig['auth'] = {
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    algorithms,
    tokenTypes,
    clockToleranceSeconds,
    requiredScopes: [SCOPE],
  };
  const staging = await startStaging({
    root,
    home,
    configure: (upstreams, cacheTtlMs) => ({ formatVersion: 1, auth, upstreams, cacheTtlMs, allowedOrigins: [] }),
  });
  const headers = { authorization: `Bearer ${await issuer.token(GATEWAY_URL + PATHS.mcp, SCOPE)}` };
  return {
    ...staging,
    headers,
    naiveEnv: (upstreamUrl) => ({
      NAIVE_ISSUER: issuer.issuer,
      NAIVE_JWKS_URI: issuer.jwksUri,
      NAIVE_AUDIENCE: GATEWAY_URL + PATHS.mcp,
      NAIVE_UPSTREAM: upstreamUrl,
      NAIVE_PROVIDER: PROVIDER,
    }),
    startHop: (bench, options) => startHop(bench, { ...staging, headers }, options),
    async close() {
      issuer.close();
      await staging.close();
    },
  };
}
