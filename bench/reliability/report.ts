import type { Row } from './scenarios';

const COLUMNS: readonly (readonly [string, (row: Row) => string | number])[] = [
  ['scenario', ({ scenario }) => scenario],
  ['calls', ({ calls }) => calls],
  ['answered', ({ answered }) => answered],
  ['provider refreshes', ({ refreshes }) => refreshes],
  ['answers given again', ({ repeated }) => repeated],
  ['invalid_grant', ({ invalidGrant }) => invalidGrant],
  ['dead token after one retry', ({ refusedTwice }) => refusedTwice],
  ['holders killed', ({ kills }) => kills],
  ['refresh tokens lost', ({ lost }) => lost],
  ['calls made again', ({ callsAgain }) => callsAgain],
  ['slowest call, s', ({ slowestMs }) => (slowestMs / 1000).toFixed(1)],
  ['held', ({ missed }) => (missed.length === 0 ? 'yes' : `no: ${missed.join('; ')}`)],
];

/** A Markdown table. */
export function reportOf(rows: readonly Row[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [
    line(COLUMNS.map(([name]) => name)),
    line(COLUMNS.map(() => '---')),
    ...rows.map((row) => line(COLUMNS.map(([, cell]) => cell(row)))),
  ].join('\n');
}
