// What an operator may do to the circuit of a service. Each answers with the service as it is afterwards.

import type { FastifyInstance } from 'fastify';
import { loadModule } from '../core/load-module.ts';
import type { CircuitBreaker } from '../policy/breaker/circuit-breaker.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { readOperator } from './operator.ts';
import { recordOperation } from './operator-record.ts';
import { nowOf, serviceNamed } from './service-routes.ts';
import { serviceView } from './service-view.ts';

const OPERATIONS: Readonly<
  Record<string, (circuit: CircuitBreaker, now: number, why: string | null) => void>
> = {
  isolate: (circuit, now, why) => circuit.isolate(now, why ?? undefined),
  close: (circuit, now) => circuit.close(now),
};

export function circuitRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  const { clock } = dependencies;
  for (const [name, operate] of Object.entries(OPERATIONS)) {
    app.post<{ Params: { name: string } }>(
      `/api/services/:name/circuit/${name}`,
      async ({ params, headers, body }) => {
        const { noOptions, readOptions } = loadModule<typeof import('./operator-options.ts')>(
          './operator-options.ts',
          import.meta.url,
        );
        const service = serviceNamed(params.name, dependencies);
        const { circuit } = service.protections;
        readOptions(noOptions, body ?? {});
        if (circuit === undefined) {
          throw new AdminProblem({
            status: 409,
            reason: 'no_circuit_breaker',
            detail: `The circuit breaker of ${service.name} is switched off in the configuration.`,
          });
        }
        const operator = readOperator(headers, body);
        operate(circuit, clock.now(), operator.why);
        recordOperation(dependencies, {
          ...operator,
          service: service.name,
          endpoint: undefined,
          operation: name,
        });
        return serviceView(service, nowOf(dependencies));
      },
    );
  }
}
