// What is wrong with a configuration, in a form for people and for machines.

import type { ConfigProblem } from '../core/config-events.ts';

/** A configuration that cannot be used, with everything that was found wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  /**
   * @param problems at least one
   * @param cause the fault that they tell of, where it was one of reading and not of what is written
   */
  constructor(problems: readonly ConfigProblem[], cause?: unknown) {
    super(problems.map(formatProblem).join('\n'), { cause });
    this.problems = problems;
  }
}

/** `FILE:LINE:COLUMN key.path: message`. */
export function formatProblem(problem: ConfigProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return problem.path === ''
    ? `${place}: ${problem.message}`
    : `${place} ${problem.path}: ${problem.message}`;
}

/** Each once, in the order of the file; problems without a place come last. */
export function orderProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const distinct = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  const rank = (position: number | undefined) => position ?? Number.POSITIVE_INFINITY;
  return [...distinct.values()].sort((a, b) => {
    if (a.line === b.line) return a.column === b.column ? 0 : rank(a.column) - rank(b.column);
    return rank(a.line) - rank(b.line);
  });
}
