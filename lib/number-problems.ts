import { Token } from 'aws-cdk-lib';
import { type ConfigProblem, show } from '../lambda/config/field';
import type { McpGatewayProps } from './mcp-gateway-props';

/** Props that are plain numbers for CloudFormation: smallest and largest value, and what they count. */
const RANGES = {
  provisionedConcurrency: [1, 100_000, 'environments'],
  memorySize: [128, 10_240, 'MB'],
  throttlingRateLimit: [0, 1_000_000, 'requests per second'],
  throttlingBurstLimit: [0, 1_000_000, 'requests'],
  pointInTimeRecoveryDays: [1, 35, 'days'],
} as const satisfies Partial<Record<keyof McpGatewayProps, readonly [number, number, string]>>;

/** Numbers out of range. Values known only at deploy time pass: CloudFormation takes them. */
export function numberProblems(props: McpGatewayProps): ConfigProblem[] {
  const ranged = Object.entries(RANGES).map(
    ([path, range]) => [path, props[path as keyof typeof RANGES], range] as const,
  );
  const ofSignIn = props.auth._signIn?.provisionedConcurrency;
  const problems = [
    ...ranged,
    ['auth.provisionedConcurrency', ofSignIn, RANGES.provisionedConcurrency] as const,
  ].flatMap(([path, value, [min, max, unit]]) => {
    if (value === undefined || Token.isUnresolved(value) || isWhole(value, min, max)) return [];
    const problem = `must be a whole number of ${unit} from ${min} to ${max}`;
    return [{ path, value: show(value), problem, fix: `give ${min} to ${max}` }];
  });
  return [...problems, ...scalingProblems(props)];
}

function scalingProblems({ provisionedConcurrency: base, maxProvisionedConcurrency: max }: McpGatewayProps) {
  if (max === undefined || Token.isUnresolved(max) || Token.isUnresolved(base)) return [];
  if (base !== undefined && isWhole(max, base + 1, Number.POSITIVE_INFINITY)) return [];
  return [
    {
      path: 'maxProvisionedConcurrency',
      value: show(max),
      problem: 'must be a whole number above provisionedConcurrency, which it scales up from',
      fix: base === undefined ? 'give provisionedConcurrency too' : `give more than ${base}`,
    },
  ];
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
