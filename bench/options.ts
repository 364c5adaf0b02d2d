import { parseArgs } from 'node:util';

export const GROUPS = [
  'hop',
  'stdio',
  'in-process',
  'runtime-api',
  'cold',
  'vault',
  'connections',
  'streams',
  'bodies',
  'memory',
  'sign-in',
  'revocation',
  'revoke-accounts',
] as const;
export type Group = (typeof GROUPS)[number];

export interface BenchOptions {
  readonly groups: readonly Group[];
  readonly quick: boolean;
  /** Only the JSON line on stdout. */
  readonly json: boolean;
}

export const USAGE = `npm run bench -- [--quick] [--json] [--only <group>]...
  --quick   few, short rounds: shows that everything runs; its figures are noise
  --json    print the JSON line only
  --only    one of ${GROUPS.join(', ')}; may be repeated`;

export function parseOptions(args: readonly string[]): BenchOptions | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
    const unknown = values.only.find((name) => !GROUPS.some((group) => group === name));
    if (unknown !== undefined) return { problem: `--only ${unknown}: one of ${GROUPS.join(', ')}` };
    const groups = values.only.length > 0 ? GROUPS.filter((group) => values.only.includes(group)) : GROUPS;
    return { groups, quick: values.quick, json: values.json };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
