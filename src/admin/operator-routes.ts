// What an operator may do to one endpoint. Each answers with the endpoint as it is afterwards.

import type { FastifyInstance } from 'fastify';
import { loadModule } from '../core/load-module.ts';
import { panicAt } from '../endpoint/panic.ts';
import type { Service } from '../service/service.ts';
import type { UpstreamEndpoint } from '../upstream/upstream-endpoint.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { endpointView } from './endpoint-view.ts';
import { readOperator } from './operator.ts';
import { recordOperation } from './operator-record.ts';
import { nowOf, serviceNamed } from './service-routes.ts';
import { placeIn } from './service-view.ts';

interface Operation {
  readonly service: Service;
  readonly upstream: UpstreamEndpoint;
  /** The call's content, not checked yet. */
  readonly content: unknown;
  /** Monotonic milliseconds. */
  readonly now: number;
}

type Options = typeof import('./operator-options.ts');

/** Each returns for how many seconds it holds; undefined for as long as no operator ends it. */
const OPERATIONS: Readonly<Record<string, (operation: Operation, options: Options) => number | undefined>> = {
  eject: ({ service, upstream, content, now }, { readOptions, ejectOptions }) => {
    const { durationSeconds } = readOptions(ejectOptions, content);
    const durationMs = durationSeconds === undefined ? undefined : durationSeconds * 1000;
    const parts = partsWith(service, upstream.id);
    const ejected = parts.map(({ detector, endpoint }) => detector.eject(endpoint.outlier, now, durationMs));
    if (ejected.includes(true)) return durationSeconds;
    throw new AdminProblem({
      status: 409,
      reason: 'last_endpoint',
      detail: `${upstream.id} is the last endpoint of ${service.name} that gets requests: it is not ejected.`,
    });
  },
  uneject: ({ service, upstream, content, now }, { readOptions, noOptions }) => {
    readOptions(noOptions, content);
    for (const { detector, endpoint } of partsWith(service, upstream.id)) {
      detector.uneject(endpoint.outlier, now);
    }
    return undefined;
  },
  drain: ({ service, upstream, content }, { readOptions, noOptions }) => {
    readOptions(noOptions, content);
    service.drain(upstream.id, true);
    return undefined;
  },
  undrain: ({ service, upstream, content }, { readOptions, noOptions }) => {
    readOptions(noOptions, content);
    service.drain(upstream.id, false);
    return undefined;
  },
};

/** An endpoint's id has a slash, which a path writes `%2F`. */
export function operatorRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { clock } = dependencies;
  for (const [name, operate] of Object.entries(OPERATIONS)) {
    app.post<{ Params: { name: string; id: string } }>(
      `/api/services/:name/endpoints/:id/${name}`,
      async ({ params, headers, body }) => {
        // Loaded when an operator calls: the schema library is larger than all the rest of the admin API.
        const options = loadModule<typeof import('./operator-options.ts')>(
          './operator-options.ts',
          import.meta.url,
        );
        const service = serviceNamed(params.name, dependencies);
        const upstream = endpointOf(service, params.id);
        const forSeconds = operate({ service, upstream, content: body ?? {}, now: clock.now() }, options);
        const who = readOperator(headers, body);
        const action = { ...who, service: service.name, endpoint: upstream.id, operation: name };
        recordOperation(dependencies, action, forSeconds);
        const [first] = partsWith(service, upstream.id);
        const panic = panicAt(upstream.endpoint, first?.panics ?? []);
        return endpointView(upstream, panic, nowOf(dependencies), first?.place);
      },
    );
  }
}

/** An endpoint may be of several subsets of its service: an operator means it in all of them. */
function partsWith(service: Service, id: string) {
  return service.parts.flatMap((part) => {
    const { upstream, panics } = part;
    const endpoint = upstream.endpoints.get(id);
    if (endpoint === undefined) return [];
    return [{ detector: upstream.detector, endpoint, place: placeIn(part, endpoint.endpoint), panics }];
  });
}

function endpointOf(service: Service, id: string): UpstreamEndpoint {
  const [first] = partsWith(service, id);
  if (first !== undefined) return first.endpoint;
  throw new AdminProblem({
    status: 404,
    reason: 'unknown_endpoint',
    detail: `${service.name} has no endpoint ${id}: GET /api/services/${encodeURIComponent(service.name)} lists them.`,
  });
}
