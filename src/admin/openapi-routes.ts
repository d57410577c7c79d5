// The description of this API, made when it is asked for: its schemas are larger than all the rest of it.

import type { FastifyInstance } from 'fastify';
import { loadModule } from '../core/load-module.ts';
import type { AdminDependencies } from './dependencies.ts';

export function openApiRoutes(app: FastifyInstance, { version }: AdminDependencies): void {
  app.get('/api/openapi.json', async () => {
    const { openApiDocument } = loadModule<typeof import('./openapi/document.ts')>(
      './openapi/document.ts',
      import.meta.url,
    );
    return openApiDocument(version);
  });
}
