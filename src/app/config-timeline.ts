// What becomes of the configuration, for the timeline.

import { formatProblem } from '../config/problem.ts';
import type { ConfigChange, ConfigRefused, ConfigReloaded, ReloadAdvice } from '../core/config-events.ts';
import type { Observer } from '../core/events.ts';
import { counted } from '../core/in-words.ts';
import type { TimelineEvent } from '../observe/timeline/timeline-entry.ts';
import { adviceText, causeText, changesText, refusalText } from './reload-text.ts';

/** Of a longer list only so many are kept. */
const MAX_KEPT = 10;

/** A longer value of a setting is cut. */
const LONGEST_VALUE = 100;

export class ConfigTimeline implements Observer {
  readonly #record: (event: TimelineEvent) => void;

  constructor(record: (event: TimelineEvent) => void) {
    this.#record = record;
  }

  configReloaded({ cause, changes, waitingForRestart }: ConfigReloaded): void {
    const waiting =
      waitingForRestart.length === 0
        ? ''
        : `; these count only after a restart: ${waitingForRestart.slice(0, MAX_KEPT).join(', ')}`;
    this.#record({
      service: null,
      kind: 'config',
      severity: waiting === '' ? 'info' : 'warning',
      summary: `The configuration was reloaded${causeText(cause)}: ${changesText(changes, MAX_KEPT)}${waiting}`,
      detail: {
        outcome: 'reloaded',
        ...who(cause),
        changes: kept(changes),
        changeCount: changes.length,
        waitingForRestart: waitingForRestart.slice(0, MAX_KEPT),
      },
    });
  }

  configRefused(refused: ConfigRefused): void {
    const { cause, problems } = refused;
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${counted(problems.length - 1, 'more problem')})` : '';
    this.#record({
      service: null,
      kind: 'config',
      severity: 'error',
      summary: `${refusalText(refused)}: ${first === undefined ? '' : formatProblem(first)}${more}`,
      detail: {
        outcome: 'refused',
        ...who(cause),
        problems: problems.slice(0, MAX_KEPT).map(({ file, line, column, path, message }) => ({
          file,
          line: line ?? null,
          column: column ?? null,
          key: path,
          message,
        })),
        problemCount: problems.length,
      },
    });
  }

  errorsJumped(advice: ReloadAdvice): void {
    const { service, reloadedAt, afterMs, before, after, changes } = advice;
    this.#record({
      service,
      kind: 'advice',
      severity: 'warning',
      summary: adviceText(advice),
      detail: {
        reloadedAt: new Date(reloadedAt).toISOString(),
        afterMs,
        before,
        after,
        changes: kept(changes),
        changeCount: changes.length,
      },
    });
  }
}

function who(cause: ConfigReloaded['cause']): object {
  return cause.kind === 'operator' ? { cause: cause.kind, ...cause.operator } : { cause: cause.kind };
}

/** As text, so that a whole service that came or went does not push out what else happened. */
function kept(changes: readonly ConfigChange[]): readonly object[] {
  return changes.slice(0, MAX_KEPT).map(({ path, before, after }) => ({
    path,
    ...(before === undefined ? {} : { before: cut(before) }),
    ...(after === undefined ? {} : { after: cut(after) }),
  }));
}

function cut(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
