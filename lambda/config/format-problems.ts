import type { ConfigProblem } from './field';

/** The problems as lines for a terminal or a log. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const title = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map(({ path, value, problem, fix }) => `  ${path} ${problem}: ${value}; ${fix}`);
  return [`${title} in the gateway configuration`, ...lines].join('\n');
}
