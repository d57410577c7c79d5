// What the two that judge an endpoint say of it, each by itself: Consul by its checks, and the connections by outcomes.

import { count, remaining, words } from './format.ts';
import type { Level } from './service-status.ts';
import type { EndpointView, ServiceView } from './wire.ts';

export interface Opinion {
  readonly level: Level;
  readonly text: string;
  /** More of it, when there is more. */
  readonly detail: string | undefined;
}

export function consulOpinion(
  { health, healthDetail, remembered, state }: EndpointView,
  provenance: ServiceView['table']['provenance'],
): Opinion {
  if (state === 'deregistered') {
    return { level: 'warning', text: 'not listed', detail: 'it was taken out of the list' };
  }
  if (provenance === 'static') {
    return { level: 'info', text: 'nothing', detail: 'it is named in the configuration' };
  }
  if (provenance === 'dns') return { level: 'info', text: 'nothing', detail: 'DNS lists it' };
  if (remembered)
    return { level: 'warning', text: 'not listed', detail: 'Consul lost its data; it was known before' };
  return { level: HEALTH[health] ?? 'warning', text: health, detail: healthDetail ?? undefined };
}

const HEALTH: Readonly<Record<string, Level>> = {
  passing: 'ok',
  warning: 'warning',
  critical: 'error',
  maintenance: 'info',
};

export function connectionsOpinion({ outlier, latencyMs, inFlight, healthCheck }: EndpointView): Opinion {
  const { state, remainingMs, reason, ejections, recent } = outlier;
  const before = ejections === 0 ? undefined : `ejected ${times(ejections)} so far`;
  switch (state) {
    case 'available': {
      const { requests, failures } = recent;
      if (failures > 0 && failures * 2 >= requests) {
        return { level: 'warning', text: `${failures} of ${count(requests, 'call')} failed`, detail: before };
      }
      if (healthCheck?.passed === false) {
        return { level: 'warning', text: 'a health check failed', detail: healthCheck.detail ?? before };
      }
      if (requests === 0 && latencyMs === null && inFlight === 0) {
        if (healthCheck !== null) return { level: 'ok', text: 'health checks pass', detail: before };
        return { level: 'info', text: 'nothing', detail: before ?? 'no call lately' };
      }
      return { level: 'ok', text: 'good', detail: before };
    }
    case 'probing':
      return { level: 'warning', text: 'on probation', detail: before };
    case 'ejected': {
      const left =
        remainingMs !== null
          ? remainingMs === 0
            ? 'until a request probes it'
            : `for another ${remaining(remainingMs)}`
          : reason === 'health_check'
            ? 'until it passes its health checks'
            : 'until an operator lets it back';
      const why = reason === null ? left : `${words(reason)}; ${before ?? left}`;
      return { level: reason === 'operator' ? 'info' : 'warning', text: `ejected ${left}`, detail: why };
    }
  }
}

function times(value: number): string {
  return value === 1 ? 'once' : count(value, 'time');
}

/** How much an endpoint's state is worth looking at. */
export function endpointLevel({ state, usable, outlier }: EndpointView): Level {
  switch (state) {
    case 'available':
      return 'ok';
    case 'no_port':
    case 'bad_address':
    case 'forbidden_address':
      return 'error';
    case 'critical':
      return usable ? 'warning' : 'error';
    case 'ejected':
      return outlier.reason === 'operator' ? 'info' : 'warning';
    case 'probing':
      return 'warning';
    default:
      return 'info';
  }
}
