import { Duration } from 'aws-cdk-lib';
import { type ConfigProblem, show } from '../lambda/config/field';
import type { KeyRotationConfig } from '../lambda/config/gateway-config';
import { providerOf } from './provider-of';
import type { Upstream } from './upstream';

const SHORTEST = Duration.days(1);
/** Secrets Manager's own. */
const LONGEST = Duration.days(1000);

/** The keys that are rotated by their platforms' API. As wrong as the props are: whoever reads the configuration checks it. */
export function keyRotationInput(upstreams: readonly Upstream[]): readonly KeyRotationConfig[] {
  const rotations = rotatedUpstreams(upstreams).flatMap(({ upstream, platform }) => {
    const { apiKey } = platform?._facts ?? {};
    if (apiKey?.rotation === undefined) return [];
    return [[providerOf(upstream), { facts: apiKey.rotation, headers: apiKey.headers }] as const];
  });
  return [...new Map(rotations)].map(([provider, rotation]) => ({ provider, ...rotation }));
}

/** Vault key -> how often. */
export function rotationSchedules(upstreams: readonly Upstream[]): ReadonlyMap<string, Duration> {
  return new Map(rotatedUpstreams(upstreams).map(({ upstream, every }) => [providerOf(upstream), every]));
}

export function rotationProblems(upstreams: readonly Upstream[]): ConfigProblem[] {
  const before = new Map<string, number>();
  return rotatedUpstreams(upstreams).flatMap(({ upstream, index, platform, every }) => {
    const refuse = (problem: string, fix: string): ConfigProblem => ({
      path: `upstreams[${index}].credential.rotateEvery`,
      value: every.isUnresolved() ? '(token)' : show(every.toHumanString()),
      problem,
      fix,
    });
    if (platform?._facts.apiKey && !platform._facts.apiKey.rotation) {
      const fix =
        'leave it out, and rotate by hand: mcp-gateway vault rotate; or say how in keyRotation of Provider.adapt';
      return [refuse(`is of a platform that is not known to roll keys by API: ${platform.id}`, fix)];
    }
    if (every.isUnresolved()) return [refuse('is known only at deploy time', 'give a literal')];
    const days = every.toDays({ integral: false });
    if (!Number.isInteger(days) || days < SHORTEST.toDays() || days > LONGEST.toDays()) {
      return [refuse('must be a whole number of days from 1 to 1000', 'give such as Duration.days(30)')];
    }
    const provider = providerOf(upstream);
    const other = before.get(provider) ?? days;
    before.set(provider, other);
    if (other === days) return [];
    return [refuse(`differs from that of another upstream with the key of ${show(provider)}`, 'give both the same')];
  });
}

function rotatedUpstreams(upstreams: readonly Upstream[]) {
  return upstreams.flatMap((upstream, index) => {
    const { credential } = upstream._options;
    const every = credential?._rotateEvery;
    return every === undefined ? [] : [{ upstream, index, platform: credential?._keysOf, every }];
  });
}
