// The command to run next, for readers of the ambassador's own responses.

import type { Reason } from '../core/reasons.ts';

/** A name that a shell takes as it stands: others are left out of a command that may be pasted. */
const PLAIN_NAME = /^[A-Za-z0-9._@-]+$/;

const HINTS: Partial<Record<Reason, string | ((service: string) => string)>> = {
  unknown_service: 'services',
  no_route: 'services',
  no_healthy_endpoint: (service) => `endpoints ${service}`,
  discovery_unavailable: 'services',
  connect_failure: (service) => `endpoints ${service}`,
  tls_failure: (service) => `endpoints ${service}`,
  certificate_unavailable: 'doctor',
  upstream_reset: (service) => `timeline ${service}`,
  upstream_protocol_error: (service) => `endpoints ${service}`,
  upstream_timeout: (service) => `explain /${service}`,
  deadline_exceeded: (service) => `explain /${service}`,
  unknown_method: (service) => `methods ${service}`,
  method_not_allowed: (service) => `methods ${service}`,
  description_unavailable: (service) => `methods ${service}`,
  circuit_open: (service) => `timeline ${service}`,
  isolated: 'status',
  bulkhead_full: (service) => `explain /${service}`,
  rate_limited: (service) => `explain /${service}`,
};

/** Makes of a command, such as `endpoints payments`, what a person types to ask this very ambassador. */
export type Typed = (command: string) => string;

/** A command, or undefined when none would show more. */
export function hintFor(reason: Reason, service: string, typed: Typed): string | undefined {
  const hint = HINTS[reason];
  if (hint === undefined) return undefined;
  if (typeof hint === 'string') return typed(hint);
  return PLAIN_NAME.test(service) ? typed(hint(service)) : undefined;
}
