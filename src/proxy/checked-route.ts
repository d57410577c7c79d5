// Where a request goes, if it may go anywhere: what strangers, loops and unmet expectations say against it.

import { AmbassadorError } from '../core/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { CONTINUE } from '../http/message.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { wentThrough } from './headers.ts';
import type { Route } from './route.ts';
import { routeRequest } from './route.ts';

type RoutingDependencies = Pick<
  ForwarderDependencies,
  'strangers' | 'instanceId' | 'consulDomain' | 'forwardProxy'
>;

/** @throws AmbassadorError */
export function checkedRoute(
  { head, listenerService, tunnelAuthority, remoteAddress }: Exchange,
  { strangers, instanceId, consulDomain, forwardProxy }: RoutingDependencies,
): Route {
  const { fields, target, expectation, method, authority } = head;
  // Inside of a tunnel its host, and not the request's, says where it goes.
  strangers.check({ target: tunnelAuthority ?? target, authority, fields, remoteAddress });
  if (expectation !== undefined && expectation !== CONTINUE) {
    throw new AmbassadorError(
      'expectation_failed',
      `The expectation ${JSON.stringify(expectation)} is not one that can be met.`,
    );
  }
  if (wentThrough(fields, instanceId)) {
    throw new AmbassadorError(
      'loop_detected',
      'This request has come through this ambassador before: an endpoint of the service points back at it.',
    );
  }
  const route = routeRequest(
    { method, target, headers: fields },
    { listenerService, tunnelAuthority, consulDomain, forwardProxy },
  );
  strangers.checkService(route.service.name);
  return route;
}
