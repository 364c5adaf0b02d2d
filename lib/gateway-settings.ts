import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type ConfigProblem, show } from '../lambda/config/field';
import { formatProblems } from '../lambda/config/format-problems';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import type { TokenIssuer } from './auth-mode';
import { ConfigurationError } from './configuration-error';
import { DeployTimeValues } from './deploy-time-values';
import { milliseconds, seconds } from './durations';
import type { McpGatewayProps } from './mcp-gateway-props';
import { numberProblems } from './number-problems';
import { propPath } from './prop-path';
import { signInInput, signInProblems } from './sign-in-input';
import type { Upstream } from './upstream';
import { withoutAbsent } from './without-absent';

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

/**
 * Checks everything that can be wrong with the props and reports it in one error.
 *
 * @param gatewayUrl possibly a token
 */
export function gatewaySettings(scope: Construct, props: McpGatewayProps, gatewayUrl: string): GatewaySettings {
  const issuer = props.auth.bind(scope, gatewayUrl);
  const { _signIn: signIn } = props.auth;
  const toProp = (path: string) => propPath(path, signIn !== undefined);
  const values = new DeployTimeValues();
  const input = configInput(props, issuer, values);
  const parsed = parseGatewayConfig(input);
  const unresolved = unresolvedValues(input, toProp);
  const secrets = new Map<string, ISecret | undefined>();
  const defaultProviders = props.upstreams.flatMap(({ _options: { credential } }, index) =>
    credential && credential._provider === undefined ? [`upstreams[${index}].credential.provider`] : [],
  );
  const problems = [
    ...unresolved,
    ...('problems' in parsed ? parsed.problems : [])
      // Once is enough: a deploy-time value fails every rule, a wrong name is also the provider it stands for.
      .filter(({ path }) => !unresolved.some((known) => known.path === toProp(path)))
      .filter(({ path }) => !defaultProviders.includes(path))
      .map((problem) => ({ ...problem, path: toProp(problem.path) })),
    ...(signIn ? signInProblems(signIn) : []),
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
      clockToleranceSeconds: seconds(issuer.clockTolerance),
    }),
    authorizationServer: props.auth._signIn && signInInput(props.auth._signIn, values),
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

const DEPLOY_TIME_FIX =
  "give a literal; only issuer, jwksUri, url, allowedOrigins and the identity provider's clientId may come from another resource";

/** The configuration is a file in an asset: what is left unresolved in it would never be resolved. */
function unresolvedValues(value: unknown, toProp: (path: string) => string, path = ''): ConfigProblem[] {
  if (Token.isUnresolved(value)) {
    return [
      {
        path: toProp(path),
        value: show(value),
        problem: 'is known only at deploy time',
        fix: DEPLOY_TIME_FIX,
      },
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    unresolvedValues(member, toProp, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name),
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
