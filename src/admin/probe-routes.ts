// What orchestrators and scrapers ask: is it alive, may traffic come, how is it doing.

import type { FastifyInstance } from 'fastify';
import type { AdminDependencies } from './dependencies.ts';
import { tableView } from './service-view.ts';

export function probeRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { readiness, services, metrics } = dependencies;

  app.get('/healthz', () => ({ status: 'ok' }));

  app.get('/readyz', (_request, reply) => {
    const { status, waitingFor } = readiness.state();
    const tables = [...services().values()].map((service) => ({
      name: service.name,
      table: tableView(service),
    }));
    reply.code(status === 'ready' ? 200 : 503);
    return { status, waitingFor, discovery: { services: tables } };
  });

  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await metrics.scrape(request.headers.accept);
    reply.type(contentType);
    return body;
  });
}
