// Requests of a service sent to an endpoint that an operator names, for a while. Each call answers with the service as it is
// afterwards.

import type { FastifyInstance } from 'fastify';
import { AmbassadorError } from '../core/errors.ts';
import { loadModule } from '../core/load-module.ts';
import { REASONS } from '../core/reasons.ts';
import type { StaticEndpoint } from '../discovery/endpoint-options.ts';
import { isServiceName, refOfLabel } from '../discovery/service-ref.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type { Service } from '../service/service.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { readOperator } from './operator.ts';
import { overrideTarget, overrideView } from './override-view.ts';
import { nowOf, serviceNamed } from './service-routes.ts';
import { serviceView } from './service-view.ts';

interface Named {
  readonly Params: { readonly name: string };
}

export function overrideRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { overrides, standing } = dependencies;

  app.put<Named>('/api/services/:name/override', async ({ params, headers, body }) => {
    const { overrideOptions, readOptions } = loadModule<typeof import('./operator-options.ts')>(
      './operator-options.ts',
      import.meta.url,
    );
    const { address: place, header, forSeconds } = readOptions(overrideOptions, body ?? {});
    await mustBeCallable(place, overrides);
    const service = opened(params.name, overrides);
    if (header !== undefined && service.upstream.protocol === 'tcp') {
      throw new AdminProblem({
        status: 409,
        reason: 'not_http',
        detail: `${service.name} is called over TCP, where no header is read: leave the header out.`,
      });
    }
    const operator = readOperator(headers, body);
    const forMs = forSeconds === undefined ? undefined : forSeconds * 1_000;
    const override = service.overriding.begin({ place, header, forMs, ...operator });
    const view = overrideView(override);
    const action = { ...operator, service: service.name, endpoint: undefined, operation: 'use' };
    standing.note(action, { value: view && overrideTarget(view), forSeconds });
    return serviceView(service, nowOf(dependencies));
  });

  app.delete<Named>('/api/services/:name/override', async ({ params, headers, body }) => {
    const { noOptions, readOptions } = loadModule<typeof import('./operator-options.ts')>(
      './operator-options.ts',
      import.meta.url,
    );
    readOptions(noOptions, body ?? {});
    const service = serviceNamed(params.name, dependencies);
    if (service.overriding.current === undefined) {
      throw new AdminProblem({
        status: 404,
        reason: 'no_override',
        detail: `${service.name} has no override: its requests go to its own endpoints.`,
      });
    }
    const operator = readOperator(headers, body);
    service.overriding.end('operator', operator);
    standing.note({ ...operator, service: service.name, endpoint: undefined, operation: 'unuse' });
    return serviceView(service, nowOf(dependencies));
  });
}

async function mustBeCallable(
  place: StaticEndpoint,
  { objectionTo }: AdminDependencies['overrides'],
): Promise<void> {
  const objection = await objectionTo(place);
  if (objection === undefined) return;
  throw new AdminProblem({
    status: 400,
    reason: 'forbidden_address',
    detail: `address: ${authorityOf(place)} is ${objection}, and nothing is called there.`,
  });
}

function opened(name: string, { open }: AdminDependencies['overrides']): Service {
  const ref = refOfLabel(name);
  if (!isServiceName(ref.name)) {
    throw new AdminProblem({
      status: 400,
      reason: 'bad_request',
      detail: `${JSON.stringify(name.slice(0, 64))} cannot be the name of a service.`,
    });
  }
  try {
    return open(ref);
  } catch (error) {
    const { reason, message } = AmbassadorError.from(error);
    if (reason === 'internal_error') throw error;
    throw new AdminProblem({ status: REASONS[reason].status, reason, detail: message });
  }
}
