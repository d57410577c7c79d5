// The API of a translated service, for tools that read OpenAPI.

import type { FastifyInstance } from 'fastify';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { serviceNamed } from './service-routes.ts';

export function serviceOpenApiRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  app.get<{ Params: { name: string } }>('/api/services/:name/openapi.json', async ({ params }) => {
    const { name, translator } = serviceNamed(params.name, dependencies);
    const document = translator?.api?.openApi(name);
    if (document === undefined) {
      throw new AdminProblem({
        status: 404,
        reason: 'not_described',
        detail:
          translator?.api === undefined
            ? `${name} has no description: grpcJson or grpcJsonReverse of translate need one.`
            : `The API of ${name} is not known yet: ${translator.api.description.fault ?? 'its description has not come yet'}.`,
      });
    }
    return await document;
  });
}
