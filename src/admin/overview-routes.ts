// The overview, and what requests to one service came to.

import type { FastifyInstance } from 'fastify';
import { STEP_MS } from '../observe/stats/request-history.ts';
import type { AdminDependencies } from './dependencies.ts';
import { EventStreams } from './event-streams.ts';
import { OverviewSource } from './overview-source.ts';
import { nowOf, serviceNamed } from './service-routes.ts';

export function overviewRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { stats } = dependencies;
  const overview = new OverviewSource(dependencies);
  const streams = new EventStreams(overview, dependencies);
  app.addHook('preClose', async () => streams.close());

  app.get('/api/overview', () => overview.overview());

  // A HEAD would open a stream that cannot be read.
  app.get('/api/events', { exposeHeadRoute: false }, (request, reply) => streams.open(request, reply));

  app.get<{ Params: { name: string } }>('/api/services/:name/history', ({ params }) => {
    const { name } = serviceNamed(params.name, dependencies);
    const { startedAt, points } = stats.history(name);
    const { monotonic, wall } = nowOf(dependencies);
    return { stepMs: STEP_MS, startedAt: new Date(wall - (monotonic - startedAt)).toISOString(), points };
  });

  app.get<{ Params: { name: string } }>('/api/services/:name/requests', ({ params }) =>
    stats.samples(serviceNamed(params.name, dependencies).name),
  );
}
