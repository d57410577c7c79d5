// Services and their endpoints, to look at.

import type { FastifyInstance } from 'fastify';
import { nearest } from '../core/nearest.ts';
import type { Service } from '../service/service.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import type { Now } from './endpoint-view.ts';
import { serviceJson } from './service-json.ts';
import { serviceSummary } from './service-view.ts';

/** How many names a refusal lists. */
const MAX_LISTED_NAMES = 100;

export function serviceRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  app.get('/api/services', () => {
    const now = nowOf(dependencies);
    return {
      services: [...dependencies.services().values()]
        .map((service) => serviceSummary(service, now))
        .sort((a, b) => byText(a.name, b.name)),
      known: [...dependencies.knownNames()].sort(byText),
    };
  });

  app.get<{ Params: { name: string } }>('/api/services/:name', async ({ params }, reply) => {
    const json = await serviceJson(serviceNamed(params.name, dependencies), nowOf(dependencies));
    return reply.type('application/json; charset=utf-8').send(json);
  });
}

/** A service that was called before: a look opens none. @throws AdminProblem 404 */
export function serviceNamed(name: string, { services, knownNames }: AdminDependencies): Service {
  const open = services();
  const service = open.get(name);
  if (service !== undefined) return service;
  const known = [...new Set([...open.keys(), ...knownNames()])].sort(byText);
  const meant = nearest(name, known);
  throw new AdminProblem({
    status: 404,
    reason: known.includes(name) ? 'not_called_yet' : 'unknown_service',
    detail: known.includes(name)
      ? `${name} has not been called yet: its endpoints are looked up at the first call.`
      : `There is no service ${name}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    members: {
      services: known.slice(0, MAX_LISTED_NAMES),
      ...(known.length > MAX_LISTED_NAMES && { more: known.length - MAX_LISTED_NAMES }),
    },
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

export function nowOf({ clock }: AdminDependencies): Now {
  return { monotonic: clock.now(), wall: clock.wallTime() };
}
