import { CONFIG_DEFAULTS, type GatewayConfig, type UpstreamConfig } from '../../lambda/config/gateway-config';

/** One configured upstream, with the timeouts of a deployed gateway. */
export function upstreamConfig(name: string, values: Partial<UpstreamConfig> = {}): UpstreamConfig {
  const { connectTimeoutMs, idleTimeoutMs, totalTimeoutMs } = CONFIG_DEFAULTS;
  return { name, url: `https://${name}.example/mcp`, connectTimeoutMs, idleTimeoutMs, totalTimeoutMs, ...values };
}

export function gatewayConfig(
  upstreams: readonly UpstreamConfig[],
  values: Partial<GatewayConfig> = {},
): GatewayConfig {
  return {
    formatVersion: 1,
    auth: {
      issuer: 'https://issuer.example',
      algorithms: CONFIG_DEFAULTS.algorithms,
      tokenTypes: CONFIG_DEFAULTS.tokenTypes,
      requiredScopes: [],
      clockToleranceSeconds: CONFIG_DEFAULTS.clockToleranceSeconds,
    },
    upstreams,
    cacheTtlMs: CONFIG_DEFAULTS.cacheTtlMs,
    allowedOrigins: [],
    ...values,
  };
}
