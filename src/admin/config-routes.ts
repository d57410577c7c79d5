// The configuration: the one in force, without its secrets, and the call to read it again.

import type { FastifyInstance } from 'fastify';
import { formatProblem } from '../config/problem.ts';
import { AdminProblem } from './admin-problem.ts';
import { problemView } from './configuration-view.ts';
import type { AdminDependencies } from './dependencies.ts';
import { readOperator } from './operator.ts';

export function configRoutes(
  app: FastifyInstance,
  { config, settings, configuration, reload }: AdminDependencies,
): void {
  app.get('/api/config', () => ({
    ...configuration(),
    config: config(),
    settings: settings(),
  }));

  app.post('/api/config/reload', async ({ headers, body }) => {
    const report = await reload(readOperator(headers, body));
    switch (report.outcome) {
      case 'reloaded':
      case 'unchanged':
        return report;
      case 'refused':
        throw new AdminProblem({
          status: 422,
          reason: 'configuration_refused',
          detail: `The old configuration stays in force. ${report.problems.map(formatProblem).join('\n')}`,
          members: { problems: report.problems.map(problemView) },
        });
      case 'no_file':
        throw new AdminProblem({
          status: 409,
          reason: 'no_configuration_file',
          detail: 'This ambassador was started without a configuration file: there is nothing to read again.',
        });
    }
  });
}
