import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblems } from '../config/format-problems';
import type { GatewayConfig } from '../config/gateway-config';
import { parseGatewayConfig } from '../config/parse-gateway-config';
import { CONFIG_FILE, ENV } from '../contract/env';

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `gateway.json` beside the bundle and fills in deploy-time values. Throws with every problem listed. */
export function loadConfig(directory: string, environment: Environment): GatewayConfig {
  const parsed = parseGatewayConfig(
    withValues(JSON.parse(readFileSync(join(directory, CONFIG_FILE), 'utf8')), environment),
  );
  if ('config' in parsed) return parsed.config;
  throw new Error(`${CONFIG_FILE} is not valid:\n${formatProblems(parsed.problems)}`);
}

/** A deploy-time value every function of its kind needs; missing ones are a deployment fault. */
export function requireValue(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

/** Values unknown at synth (an issuer created by the same deployment) stand in the file as `{{MCP_VALUE_n}}`. */
function withValues(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
      name.startsWith(ENV.valuePrefix) ? requireValue(environment, name) : whole,
    );
  }
  if (Array.isArray(value)) return value.map((item) => withValues(item, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withValues(item, environment)]));
}
