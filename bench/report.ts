import type { Ratio, Row } from './stats';

/** What one run leaves behind: the JSON line and bench/results.json. */
export interface Results {
  readonly when: string;
  readonly machine: string;
  readonly node: string;
  readonly quick: boolean;
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

export function rowsTable(rows: readonly Row[]): string {
  const head = ['', 'c', 'p50 µs', 'p99 µs', 'CPU µs', 'req/s', 'RSS MB'];
  return table(
    head,
    rows.map((r) => [r.name, String(r.concurrency), ...[r.p50Us, r.p99Us, r.cpuUs, r.rps, r.rssMb].map(figure)]),
  );
}

export function ratiosTable(ratios: readonly Ratio[]): string {
  return table(
    ['', 'measured', 'target', '', 'from'],
    ratios.map((r) => [r.name, figure(r.measured), bound(r), r.pass ? 'pass' : 'MISS', r.detail ?? '']),
  );
}

/** Numbers as JSON keeps them: rounded to what the method can tell, `null` where nothing was measured. */
export function resultsJson(results: Results, space?: number): string {
  return JSON.stringify(
    results,
    (_key, value) => {
      if (value === undefined) return null;
      if (typeof value !== 'number') return value;
      return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
    },
    space,
  );
}

function bound({ atMost, atLeast }: Ratio): string {
  if (atMost !== undefined && atMost === atLeast) return `= ${atMost}`;
  return atMost !== undefined ? `≤ ${Number(atMost.toPrecision(3))}` : `≥ ${atLeast}`;
}

function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** First and last column to the left, figures to the right. */
function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, i) => Math.max(...all.map((cells) => (cells[i] ?? '').length)));
  const left = (i: number) => i === 0 || head[i] === '' || head[i] === 'from';
  return all
    .map((cells) =>
      cells
        .map((cell, i) => (left(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
