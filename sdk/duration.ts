import { McpGatewayError } from './gateway-error';

/** `'250ms'`, `'1s'`, `'5m'`, or a number of milliseconds. */
export type DurationText = number | `${number}ms` | `${number}s` | `${number}m`;

const UNIT_MS = { ms: 1, s: 1000, m: 60_000 } as const;
const LONGEST_MS = 24 * 60 * 60_000;

/** Milliseconds of a duration, which may come from plain JavaScript and be anything. */
export function parseDuration(option: string, value: unknown): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? textToMs(value) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0 && ms <= LONGEST_MS) return ms;
  throw new McpGatewayError(
    'invalid_option',
    `${option} is ${describe(value)}, which is not a duration from 0 to one day`,
    `Write ${option}: '1s', '250ms', or a number of milliseconds.`,
  );
}

function textToMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return typeof value === 'number' ? String(value) : `of type ${value === null ? 'null' : typeof value}`;
}
