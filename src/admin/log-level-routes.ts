// What is logged, and the call to change it while the process runs.

import type { FastifyInstance } from 'fastify';
import { loadModule } from '../core/load-module.ts';
import type { AdminDependencies } from './dependencies.ts';
import { readOperator } from './operator.ts';

export interface LogLevelView {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** When the configuration's own counts again: ISO 8601; null when nothing ends it. */
  readonly until: string | null;
}

export function logLevelRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { logLevel, logger, standing, timeline } = dependencies;
  const view = (): LogLevelView => {
    const { level, until } = logLevel.state();
    return { level, until: until === undefined ? null : new Date(until).toISOString() };
  };

  app.get('/api/log-level', view);

  app.post('/api/log-level', async ({ headers, body }) => {
    const { logLevelOptions, readOptions } = loadModule<typeof import('./operator-options.ts')>(
      './operator-options.ts',
      import.meta.url,
    );
    const { level, forSeconds } = readOptions(logLevelOptions, body ?? {});
    logLevel.set(level, forSeconds === undefined ? undefined : forSeconds * 1_000);
    const { who, why } = readOperator(headers, body);
    const action = { service: null, endpoint: undefined, operation: 'log-level', who, why };
    standing.note(action, { value: level, forSeconds });
    const time = forSeconds === undefined ? '' : ` for ${forSeconds} s`;
    const summary = `${who ?? 'An operator'} set the log level to ${level}${time}${why === null ? '' : `: ${why}`}.`;
    const detail = { operation: 'log-level', level, forSeconds: forSeconds ?? null, who, why };
    logger.info(detail, summary);
    timeline.record({ service: null, kind: 'operator', severity: 'info', summary, detail });
    return view();
  });
}
