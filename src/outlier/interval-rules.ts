// Compares the endpoints of a service over the interval that just ended.

import type { Origin, RuledDetection } from './detection.ts';
import type { OutlierHost } from './host.ts';
import type { RateSample } from './interval-algorithm.ts';
import type { OutlierDetectionOptions } from './options.ts';
import { INTERVAL_RULES } from './registry.ts';

export interface HostDetection extends RuledDetection {
  readonly host: OutlierHost;
}

export function detectOverInterval(
  hosts: Iterable<OutlierHost>,
  options: OutlierDetectionOptions,
): readonly HostDetection[] {
  const compared = [...hosts].filter((host) => host.inService && host.state.kind === 'available');
  const samples = { external: samplesOf(compared, 'external'), local: samplesOf(compared, 'local') };
  return INTERVAL_RULES.flatMap(({ reason, origin, find, enforcing }) =>
    find(samples[origin], options).map(({ host, observed, threshold, requests }) => ({
      host,
      detection: { reason, observed, threshold, requests },
      enforcing: enforcing(options),
    })),
  );
}

function samplesOf(hosts: readonly OutlierHost[], origin: Origin): readonly RateSample[] {
  const samples: RateSample[] = [];
  for (const host of hosts) {
    const { lastRequests: requests, lastSuccessRate: successRate } = host.rates[origin];
    if (successRate !== undefined) samples.push({ host, requests, successRate });
  }
  return samples;
}
