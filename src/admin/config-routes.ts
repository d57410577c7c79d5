// The configuration in force, without its secrets.

import type { FastifyInstance } from 'fastify';
import type { AdminDependencies } from './dependencies.ts';

export function configRoutes(app: FastifyInstance, { config }: AdminDependencies): void {
  app.get('/api/config', () => ({ config: config() }));
}
