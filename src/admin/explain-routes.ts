// What would become of a request.

import type { FastifyInstance } from 'fastify';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { explainRequest } from './explain-view.ts';
import { nowOf } from './service-routes.ts';

type Query = Readonly<Record<string, string | string[] | undefined>>;

/** RFC 9110 §5.6.2: a token. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function explainRoutes(app: FastifyInstance, dependencies: AdminDependencies): void {
  app.get<{ Querystring: Query }>('/api/explain', ({ query }) => {
    const { method = 'GET', target, header, ...unknown } = query;
    const [stranger] = Object.keys(unknown);
    if (stranger !== undefined) throw refused(`${stranger} is not known: method, target and header are.`);
    if (typeof method !== 'string' || !TOKEN.test(method)) throw refused('method: expected one method');
    if (typeof target !== 'string' || target === '') {
      throw refused('target: expected a path such as /payments/charge, or a URL');
    }
    const headers = [header ?? []].flat().flatMap(readHeader);
    return explainRequest({ method: method.toUpperCase(), target, headers }, dependencies, () =>
      nowOf(dependencies),
    );
  });
}

/** `name: value` as a pair. */
function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trim();
  if (!TOKEN.test(name))
    throw refused(`header: expected "name: value", not ${JSON.stringify(line.slice(0, 64))}`);
  return [name, line.slice(colon + 1).trim()];
}

function refused(detail: string): AdminProblem {
  return new AdminProblem({ status: 400, reason: 'bad_request', detail });
}
