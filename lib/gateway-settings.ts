import { type Duration, Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type ConfigProblem, show } from '../lambda/config/field';
import { formatProblems } from '../lambda/config/format-problems';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { parseGatewayConfig } from '../lambda/config/parse-gateway-config';
import { configInput } from './config-input';
import { ConfigurationError } from './configuration-error';
import { connectionPath } from './connection-path';
import type { ConnectionSettings } from './connections-input';
import { DeployTimeValues } from './deploy-time-values';
import type { McpGatewayProps } from './mcp-gateway-props';
import { numberProblems } from './number-problems';
import { propPath } from './prop-path';
import { rotationProblems, rotationSchedules } from './rotation-input';
import { conflictingSecrets, keylessPlatforms, sharedSecrets } from './secret-problems';
import { signInProblems } from './sign-in-input';

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
  /** How often the keys are replaced that Secrets Manager rotates, by the same names. */
  readonly rotations: ReadonlyMap<string, Duration>;
  /** What each connection needs, by its name. In alphabetical order. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
}

/**
 * Checks everything that can be wrong with the props and reports it in one error.
 *
 * @param gatewayUrl possibly a token
 */
export function gatewaySettings(scope: Construct, props: McpGatewayProps, gatewayUrl: string): GatewaySettings {
  const issuer = props.auth.bind(scope, gatewayUrl);
  const { _signIn: signIn } = props.auth;
  const values = new DeployTimeValues();
  const { input, connecting } = configInput(props, issuer, values);
  const toProp = (path: string) =>
    path.startsWith('providers')
      ? (connectionPath(path, connecting.places) ?? '')
      : propPath(path, signIn !== undefined);
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
      .filter(({ path }) => !defaultProviders.includes(path) && toProp(path) !== '')
      .map((problem) => ({ ...problem, path: toProp(problem.path) })),
    ...(signIn ? signInProblems(signIn) : []),
    ...connecting.problems,
    ...keylessPlatforms(props.upstreams),
    ...rotationProblems(props.upstreams),
    ...conflictingSecrets(props.upstreams, secrets),
    ...sharedSecrets(props.upstreams, connecting.connections),
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
    rotations: rotationSchedules(props.upstreams),
    connections: connecting.connections,
  };
}

const DEPLOY_TIME_FIX =
  'give a literal; only issuer, jwksUri, url, allowedOrigins and a clientId may come from another resource';

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
