import { type Duration, Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type ConfigProblem, show } from '../lambda/config/field';
import { formatProblems } from '../lambda/config/format-problems';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import type { TokenIssuer } from './auth-mode';
import { ConfigurationError } from './configuration-error';
import { DeployTimeValues } from './deploy-time-values';
import type { McpGatewayProps } from './mcp-gateway-props';
import { numberProblems } from './number-problems';
import type { Upstream } from './upstream';

/** The props, checked and in the form the functions and the API are made from. */
export interface GatewaySettings {
  /** With placeholders where CloudFormation knows the value. */
  readonly config: GatewayConfig;
  /** What fills the placeholders. */
  readonly environment: Record<string, string>;
  /** The issuer, possibly a token. */
  readonly issuer: string;
  /** The web origin whose pages may call, possibly a token. */
  readonly allowedOrigin: string | undefined;
  /** Provider of each vault key -> the secret given for it, if any. In alphabetical order. */
  readonly secrets: ReadonlyMap<string, ISecret | undefined>;
}

/** Checks everything that can be wrong with the props and reports it in one error. */
export function gatewaySettings(scope: Construct, props: McpGatewayProps): GatewaySettings {
  const issuer = props.auth.bind(scope);
  const values = new DeployTimeValues();
  const input = configInput(props, issuer, values);
  const parsed = parseGatewayConfig(input);
  const unresolved = unresolvedValues(input);
  const secrets = new Map<string, ISecret | undefined>();
  const defaultProviders = props.upstreams.flatMap(({ _options: { credential } }, index) =>
    credential && credential._provider === undefined ? [`upstreams[${index}].credential.provider`] : [],
  );
  const problems = [
    ...unresolved,
    ...('problems' in parsed ? parsed.problems : [])
      // Once is enough: a deploy-time value fails every rule, a wrong name is also the provider it stands for.
      .filter(({ path }) => !unresolved.some((known) => known.path === propPath(path)))
      .filter(({ path }) => !defaultProviders.includes(path))
      .map((problem) => ({ ...problem, path: propPath(problem.path) })),
    ...conflictingSecrets(props.upstreams, secrets),
    ...sharedSecrets(props.upstreams),
    ...numberProblems(props),
  ];
  if (problems.length > 0 || 'problems' in parsed) {
    throw new ConfigurationError('invalid_props', formatProblems(problems), scope);
  }
  return {
    config: values.withPlaceholders(parsed.config),
    environment: values.environment(),
    issuer: issuer.issuer,
    allowedOrigin: props.allowedOrigins?.[0],
    secrets: new Map([...secrets].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function configInput(props: McpGatewayProps, issuer: TokenIssuer, values: DeployTimeValues): object {
  return withoutAbsent({
    formatVersion: 1,
    auth: withoutAbsent({
      issuer: values.standIn(issuer.issuer),
      jwksUri: values.standIn(issuer.jwksUri),
      algorithms: issuer.algorithms,
      tokenTypes: issuer.acceptedTokenTypes,
      requiredScopes: issuer.requiredScopes,
      clockToleranceSeconds: milliseconds(issuer.clockTolerance, 1000),
    }),
    upstreams: props.upstreams.map((upstream) => {
      const { url, credential, connectTimeout, idleTimeout, timeout } = upstream._options;
      return withoutAbsent({
        name: upstream.name,
        url: values.standIn(url),
        credential: credential && { provider: providerOf(upstream), headers: credential._templates },
        connectTimeoutMs: milliseconds(connectTimeout),
        idleTimeoutMs: milliseconds(idleTimeout),
        totalTimeoutMs: milliseconds(timeout),
      });
    }),
    cacheTtlMs: milliseconds(props.cacheTtl),
    allowedOrigins: props.allowedOrigins?.map((origin) => values.standIn(origin)),
  });
}

function providerOf(upstream: Upstream): string {
  return upstream._options.credential?._provider ?? upstream.name;
}

/** Duration rounds to whole milliseconds on its own terms; the parser says what is allowed. */
function milliseconds(duration: Duration | undefined, unit = 1): unknown {
  if (duration === undefined) return undefined;
  return duration.isUnresolved() ? duration.formatTokenToNumber() : duration.toMilliseconds({ integral: false }) / unit;
}

function withoutAbsent(object: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** The configuration is a file in an asset: what is left unresolved in it would never be resolved. */
function unresolvedValues(value: unknown, path = ''): ConfigProblem[] {
  if (Token.isUnresolved(value)) {
    return [
      {
        path: propPath(path),
        value: show(value),
        problem: 'is known only at deploy time',
        fix: 'give a literal; only issuer, jwksUri, url and allowedOrigins may come from another resource',
      },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    unresolvedValues(member, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name),
  );
}

/** Upstreams that share a key cannot keep it in two places. */
function conflictingSecrets(upstreams: readonly Upstream[], found: Map<string, ISecret | undefined>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [index, upstream] of upstreams.entries()) {
    const { credential } = upstream._options;
    if (!credential) continue;
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
function sharedSecrets(upstreams: readonly Upstream[]): ConfigProblem[] {
  const holders = new Map<string, string>();
  return upstreams.flatMap((upstream, index) => {
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
}

/** The same for two imports of one secret. A reference means something within its own stack only. */
function secretIdentity({ stack, secretArn }: ISecret): string {
  const arn: unknown = stack.resolve(secretArn);
  return typeof arn === 'string' ? arn : `${stack.node.path} ${JSON.stringify(arn)}`;
}

/** Configuration fields whose prop is called otherwise. */
const PROP_NAMES: Readonly<Record<string, string>> = {
  cacheTtlMs: 'cacheTtl',
  tokenTypes: 'acceptedTokenTypes',
  clockToleranceSeconds: 'clockTolerance',
  connectTimeoutMs: 'connectTimeout',
  idleTimeoutMs: 'idleTimeout',
  totalTimeoutMs: 'timeout',
};

function propPath(path: string): string {
  return path.replace(/[A-Za-z]+/g, (name) => PROP_NAMES[name] ?? name);
}
