import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ConfigProblem, show } from '../lambda/config/field';
import type { ConnectionSettings } from './connections-input';
import { providerOf } from './provider-of';
import type { Upstream } from './upstream';

/** A key of a platform that has none. */
export function keylessPlatforms(upstreams: readonly Upstream[]): ConfigProblem[] {
  return upstreams.flatMap(({ _options: { credential } }, index) => {
    const platform = credential?._keysOf;
    if (!platform || platform._facts.apiKey) return [];
    return [
      {
        path: `upstreams[${index}].credential.provider`,
        value: show(platform.id),
        problem: 'has no keys',
        fix: 'let people connect their accounts: Credential.ofPerson',
      },
    ];
  });
}

/** Upstreams that share a key cannot keep it in two places. */
export function conflictingSecrets(
  upstreams: readonly Upstream[],
  found: Map<string, ISecret | undefined>,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [index, upstream] of upstreams.entries()) {
    const { credential } = upstream._options;
    if (!credential || credential._connection) continue;
    const provider = providerOf(upstream);
    const before = found.get(provider);
    const { _secret: secret } = credential;
    if (before && secret && before !== secret) {
      problems.push({
        path: `upstreams[${index}].credential.secret`,
        value: show(secret.node.path),
        problem: `is not the secret another upstream gives for provider ${show(provider)}`,
        fix: 'give both the same secret, or another provider name to one of them',
      });
    }
    found.set(provider, before ?? secret);
  }
  return problems;
}

/** Two keys cannot live in one secret: storing one would take the staging labels, and so the life, of the other. */
export function sharedSecrets(
  upstreams: readonly Upstream[],
  connections: ReadonlyMap<string, ConnectionSettings>,
): ConfigProblem[] {
  const holders = new Map<string, string>();
  const shared = upstreams.flatMap((upstream, index) => {
    const secret = upstream._options.credential?._secret;
    if (!secret) return [];
    const provider = providerOf(upstream);
    const identity = secretIdentity(secret);
    const holder = holders.get(identity) ?? provider;
    holders.set(identity, holder);
    if (holder === provider) return [];
    return [
      {
        path: `upstreams[${index}].credential.secret`,
        value: show(secret.node.path),
        problem: `already holds the key of provider ${show(holder)}`,
        fix: 'give each provider a secret of its own, or both upstreams the same provider',
      },
    ];
  });
  const clients = [...connections].flatMap(([name, { secret }]) => {
    const holder = secret && holders.get(secretIdentity(secret));
    if (!holder) return [];
    return [
      {
        path: 'clientSecret',
        value: show(secret.node.path),
        problem: `of connection ${show(name)} already holds the key of provider ${show(holder)}`,
        fix: 'give each a secret of its own',
      },
    ];
  });
  return [...shared, ...clients];
}

/** The same for two imports of one secret. A reference means something within its own stack only. */
function secretIdentity({ stack, secretArn }: ISecret): string {
  const arn: unknown = stack.resolve(secretArn);
  return typeof arn === 'string' ? arn : `${stack.node.path} ${JSON.stringify(arn)}`;
}
