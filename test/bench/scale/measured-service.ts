// A service of the ambassador with nothing around it, which is handed the answers of its registry.

import { silentLogger } from '../../../src/core/logger.ts';
import { nextTurn } from '../../../src/core/next-turn.ts';
import type { Random } from '../../../src/core/random.ts';
import { systemRandom } from '../../../src/core/random.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import { readHealthRows } from '../../../src/discovery/consul/consul-health.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { ServiceLog } from '../../../src/observe/log/service-log.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { Service } from '../../../src/service/service.ts';
import type { ServicePolicy } from '../../../src/service/service-policy.ts';
import { observed } from '../../support/observed.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';
import { testTransport } from '../../support/test-transport.ts';

export type PolicyName = ServicePolicy['loadBalancer']['policy'];

/** The service is not started: nothing of it runs by itself. */
export function measuredService(policy: PolicyName = 'peakEwma', random: Random = systemRandom): Service {
  return new Service({
    name: 'payments',
    policy: { ...DEFAULT_POLICY, loadBalancer: { ...DEFAULT_POLICY.loadBalancer, policy } },
    provenance: 'registry',
    transport: testTransport(),
    clock: systemClock,
    random,
    responseStore: new ResponseStore(1),
    sendToService: () => Promise.reject(new Error('there is no other service')),
    source: { start: () => {}, stop: () => {} },
    observer: observed(new ServiceLog(silentLogger)),
  });
}

/** @throws Error when a row cannot be read */
export function endpointsOf(body: unknown): readonly Endpoint[] {
  const rows = readHealthRows(body, { taggedAddress: undefined });
  if (rows === undefined || rows.malformed > 0) throw new Error('the answer cannot be read');
  return rows.endpoints;
}

/** Hands endpoints to it, and waits until they are in force; they must differ from those before. */
export async function published({ feed }: Service, endpoints: readonly Endpoint[]): Promise<void> {
  const before = feed.table;
  feed.endpoints(endpoints);
  while (feed.table === before) await nextTurn();
}
