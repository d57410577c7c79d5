// What becomes of the configuration, as lines of the main log.

import { formatProblem } from '../config/problem.ts';
import type { ConfigRefused, ConfigReloaded, ReloadAdvice, ReloadCause } from '../core/config-events.ts';
import type { Observer } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import { adviceText, causeText, changesText, refusalText } from './reload-text.ts';

/** Of a longer list of changes only so many are reported. */
const MAX_TOLD_CHANGES = 20;

export class ConfigLog implements Observer {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  configReloaded({ cause, changes, waitingForRestart }: ConfigReloaded): void {
    this.#logger.info(
      { ...causeFields(cause), changes: changes.length },
      `The configuration was reloaded${causeText(cause)}: ${changesText(changes, MAX_TOLD_CHANGES)}`,
    );
    if (waitingForRestart.length === 0) return;
    this.#logger.warn(
      { keys: waitingForRestart },
      `These settings count only after a restart: ${waitingForRestart.join(', ')}`,
    );
  }

  configRefused(refused: ConfigRefused): void {
    const { cause, problems } = refused;
    for (const problem of problems) {
      const { file, line, column, path: key, message } = problem;
      this.#logger.error(
        { ...causeFields(cause), file, line, column, key, problem: message },
        `${refusalText(refused)}: ${formatProblem(problem)}`,
      );
    }
  }

  errorsJumped(advice: ReloadAdvice): void {
    const { service, before, after } = advice;
    this.#logger.warn({ service, before, after }, adviceText(advice));
  }
}

function causeFields(cause: ReloadCause): object {
  return cause.kind === 'operator' ? { cause: cause.kind, ...cause.operator } : { cause: cause.kind };
}
