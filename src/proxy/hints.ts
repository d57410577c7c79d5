// What to run next, for whoever reads an answer of the ambassador's own.

import type { Reason } from '../core/reasons.ts';

/** A name that a shell takes as it stands: others are left out of a command that somebody may paste. */
const PLAIN_NAME = /^[A-Za-z0-9._@-]+$/;

const HINTS: Partial<Record<Reason, string | ((service: string) => string)>> = {
  unknown_service: 'ambassador services',
  no_route: 'ambassador services',
  no_healthy_endpoint: (service) => `ambassador endpoints ${service}`,
  discovery_unavailable: 'ambassador services',
  connect_failure: (service) => `ambassador endpoints ${service}`,
  tls_failure: (service) => `ambassador endpoints ${service}`,
  upstream_reset: (service) => `ambassador timeline ${service}`,
  upstream_protocol_error: (service) => `ambassador endpoints ${service}`,
  upstream_timeout: (service) => `ambassador explain /${service}`,
  deadline_exceeded: (service) => `ambassador explain /${service}`,
  circuit_open: (service) => `ambassador timeline ${service}`,
  bulkhead_full: (service) => `ambassador explain /${service}`,
  rate_limited: (service) => `ambassador explain /${service}`,
};

/**
 * A command, or undefined when none would tell more.
 * @param adminFlag what every command needs to ask this ambassador, with a space before it; empty for nothing
 */
export function hintFor(reason: Reason, service: string, adminFlag: string): string | undefined {
  const hint = HINTS[reason];
  if (hint === undefined) return undefined;
  if (typeof hint === 'string') return `${hint}${adminFlag}`;
  return PLAIN_NAME.test(service) ? `${hint(service)}${adminFlag}` : undefined;
}
