// What the health check of a service finds at one of its endpoints.

import { httpTransport } from '../app/http-transport.ts';
import type { PolicyConfig, ServiceConfig } from '../config/types.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { BeginCheck, Checked } from '../upstream/health/check.ts';
import { checkOf } from '../upstream/health/check-of.ts';
import type { CheckResult } from '../upstream/health/check-result.ts';
import type { DoctorContext } from './context.ts';
import type { Finding } from './finding.ts';
import { warning } from './finding.ts';

export interface CheckedService {
  readonly policy: PolicyConfig;
  readonly protocol: ServiceConfig['protocol'];
}

/** @param finding what else was found: a check tells nothing more of an endpoint that is known to be wrong */
export async function withHealthCheck(
  finding: Finding,
  context: DoctorContext,
  { policy, protocol }: CheckedService,
  endpoint: Endpoint,
): Promise<Finding> {
  const options = policy.healthCheck;
  // That a connection can be had has been seen.
  if (finding.level !== 'ok' || protocol === 'tcp' || options === undefined || options.tcp !== undefined) {
    return finding;
  }
  const { config, clock, dialers } = context;
  const transport = httpTransport(
    { policy, protocol, maxHeaderBytes: config.limits.responseHeaders },
    { clock, dialer: dialers.dialerFor(policy.tls), fault: raise },
  );
  const result = await once(checkOf(options, transport, clock), {
    endpoint,
    connections: transport.connect(endpoint),
  });
  if (result.kind !== 'failed') return finding;
  return warning(
    finding.subject,
    `${finding.message}; it fails its health check: ${result.detail}`,
    'look at what it responds there, and at healthCheck of this service',
  );
}

async function once(begin: BeginCheck, checked: Checked): Promise<CheckResult> {
  try {
    return await new Promise((resolve) => begin(checked, resolve));
  } finally {
    checked.connections.close();
  }
}

function raise(error: unknown): void {
  throw error;
}
