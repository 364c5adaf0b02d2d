import type { GatewayConfig } from '../../config/gateway-config';
import { placeholders, templateParts } from '../../config/template-parts';

/** What a provider's key must look like, as the configured credentials use it. */
export interface KeyShape {
  readonly provider: string;
  /** Where it may be sent; fixed into the sealed value. */
  readonly origins: readonly string[];
  /** Every part some upstream needs. */
  readonly parts: readonly string[];
  /** Parts that stand in a header as they are, which takes ASCII; those of a Basic pair are base64. */
  readonly plainParts: ReadonlySet<string>;
  /** Parts before the colon of a Basic pair. */
  readonly userParts: ReadonlySet<string>;
}

type KeyConfig = Pick<GatewayConfig, 'upstreams' | 'keyRotations'>;

/** The keys this gateway can hold, by provider, in alphabetical order. */
export function keyShapes(config: KeyConfig): ReadonlyMap<string, KeyShape> {
  const providers = operatorUpstreams(config).flatMap(({ credential }) => credential?.provider ?? []);
  return new Map([...new Set(providers)].sort().map((provider) => [provider, shapeOf(provider, config)]));
}

/** Those whose credential is people's own have none here. */
function operatorUpstreams({ upstreams }: KeyConfig) {
  return upstreams.filter(({ credential }) => credential?.owner !== 'person');
}

function shapeOf(provider: string, config: KeyConfig): KeyShape {
  const users = operatorUpstreams(config).filter(({ credential }) => credential?.provider === provider);
  // Where its platform's API is asked for its successor: what was not said when it was stored is not done with it.
  const rotations = (config.keyRotations ?? []).filter((rotation) => rotation.provider === provider);
  const urls = [...users.map(({ url }) => url), ...rotations.map(({ facts }) => facts.create.url)];
  const credentials = users.flatMap(({ credential }) => credential ?? []);
  const patterns = credentials.flatMap(({ headers }) => Object.values(headers));
  const basic = patterns.filter((pattern) => pattern.startsWith('Basic '));
  const plain = patterns.filter((pattern) => !pattern.startsWith('Basic '));
  return {
    provider,
    origins: [...new Set(urls.map((url) => new URL(url).origin))].sort(),
    parts: [...new Set(credentials.flatMap(templateParts))].sort(),
    plainParts: new Set(plain.flatMap(placeholders)),
    userParts: new Set(basic.flatMap((pattern) => placeholders(pattern.split(':')[0] ?? ''))),
  };
}
