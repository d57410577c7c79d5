// What becomes of the configuration, as lines of the main log.

import { formatChange } from '../config/change.ts';
import { formatProblem } from '../config/problem.ts';
import type { Logger } from '../core/logger.ts';
import type { ConfigObserver, ConfigRefused, ConfigReloaded, ReloadCause } from './config-events.ts';

/** Of a longer list of changes only so many are told. */
const MAX_TOLD_CHANGES = 20;

export class ConfigLog implements ConfigObserver {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  configReloaded({ cause, changes, waitingForRestart }: ConfigReloaded): void {
    const told = changes.slice(0, MAX_TOLD_CHANGES).map(formatChange);
    const more = changes.length - told.length;
    const text = [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
    this.#logger.info(
      { ...causeFields(cause), changes: changes.length },
      `The configuration was reloaded${causeText(cause)}: ${text}`,
    );
    if (waitingForRestart.length === 0) return;
    this.#logger.warn(
      { keys: waitingForRestart },
      `These settings count only after a restart: ${waitingForRestart.join(', ')}`,
    );
  }

  configRefused({ cause, problems }: ConfigRefused): void {
    for (const problem of problems) {
      const { file, line, column, path: key, message } = problem;
      this.#logger.error(
        { ...causeFields(cause), file, line, column, key, problem: message },
        `The new configuration is refused, and the old one stays in force: ${formatProblem(problem)}`,
      );
    }
  }
}

function causeFields(cause: ReloadCause): object {
  return cause.kind === 'operator' ? { cause: cause.kind, ...cause.operator } : { cause: cause.kind };
}

/** Such as ` by Ada (try shorter timeouts)`. */
export function causeText(cause: ReloadCause): string {
  if (cause.kind === 'signal') return ' on SIGHUP';
  if (cause.kind === 'file') return '';
  const { who, why } = cause.operator;
  return ` by ${who ?? 'an operator'}${why === null ? '' : ` (${why})`}`;
}
