// A call that was made for one service, as another one that stands in for it gets it: by that one's own rules.

import type { Call } from '../policy/call.ts';
import { ruledRequest } from '../policy/rewriting/request-rules.ts';
import type { ServiceRoute } from './policy-in-force.ts';
import type { Service } from './service.ts';

/** A tag, a Host and what rules made of the request were the first service's. */
export function sentElsewhere(
  call: Call,
  service: Service,
): { readonly call: Call; readonly route: ServiceRoute } {
  const { request } = call;
  const { path, headers } = request.unruled ?? request;
  const route = service.routeFor({ method: request.method, path, headers });
  const ruled = ruledRequest({ path, headers }, route.policy);
  const { host } = service.policy;
  const own = call.fork({
    tag: undefined,
    authority: host === 'keep' || host === 'endpoint' ? undefined : host,
    path: ruled?.path ?? path,
    headers: ruled?.headers ?? headers,
    unruled: ruled === undefined ? undefined : { path, headers },
  });
  return { call: own, route };
}
