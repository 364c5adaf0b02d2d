import { readFileSync } from 'node:fs';
import type { GatewayConfig } from '../config/gateway-config';
import { CONFIG_FILE, ENV } from '../contract/env';
import { isObject, isText } from '../core/json';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `gateway.json` beside the bundle and fills in deploy-time values. Throws with every problem listed.
 *
 * The file was parsed, completed and refused at synth (`config/`), and travels inside the code package, so what was
 * checked is what runs. New at run time are the values CloudFormation filled in: addresses, which must be as safe
 * as a literal one.
 */
export function loadConfig(directory: string, environment: Environment): GatewayConfig {
  const problems: string[] = [];
  const config = withValues(
    JSON.parse(readFileSync(`${directory}/${CONFIG_FILE}`, 'utf8')),
    environment,
    problems,
  ) as GatewayConfig;
  if (config.formatVersion !== 1) {
    problems.push('formatVersion is not 1: deploy construct and functions of the same release');
  }
  if (problems.length > 0) throw new Error(`${CONFIG_FILE} is not usable:\n  ${problems.join('\n  ')}`);
  return config;
}

/** A deploy-time value every function of its kind needs; missing ones are a deployment fault. */
export function requireValue(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

/** Values unknown at synth (an issuer created by the same deployment) stand in the file as `{{MCP_VALUE_n}}`, text that is no address as `{{MCP_TEXT_n}}`. */
function withValues(value: unknown, environment: Environment, problems: string[]): unknown {
  if (isText(value)) return value.includes('{{') ? withAddress(value, environment, problems) : value;
  if (Array.isArray(value)) return value.map((item) => withValues(item, environment, problems));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withValues(item, environment, problems)]));
}

function withAddress(template: string, environment: Environment, problems: string[]): string {
  const address = template.replace(/\{\{(MCP_(?:VALUE|TEXT)_\d+)\}\}/g, (_, name: string) => {
    const value = environment[name];
    if (value === undefined) problems.push(`environment variable ${name} is not set`);
    return value ?? '';
  });
  if (template.startsWith(`{{${ENV.textPrefix}`)) return address;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '') {
    // The address itself may hold a password, and this text goes to the log.
    problems.push(`${template} became ${url?.origin ?? 'no URL'}: must be an https URL without user and fragment`);
  }
  return address;
}
