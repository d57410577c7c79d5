// An upstream without a wire: tables come from the test, and attempts end as it says.

import { loadBalancerOptions } from '../../src/balancer/options.ts';
import { AmbassadorError } from '../../src/core/errors.ts';
import { silentObserver } from '../../src/core/events.ts';
import type { Endpoint } from '../../src/endpoint/endpoint.ts';
import type { EndpointConnections, Transport } from '../../src/http/attempt.ts';
import { TcpDialer } from '../../src/net/dial.ts';
import { outlierDetectionOptions } from '../../src/outlier/options.ts';
import type { Lease } from '../../src/upstream/lease.ts';
import type { PickContext } from '../../src/upstream/upstream.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

const CONNECTIONS: EndpointConnections = {
  send: () => ({ cancel: () => {}, progress: undefined }),
  close: () => {},
  open: 0,
};

function transportOver(connections: EndpointConnections): Transport {
  return {
    protocol: 'http',
    dialer: new TcpDialer(),
    connect: () => connections,
    isAlike: () => true,
    equals: () => true,
  };
}

/** @param connections to each endpoint. Default: attempts that never end */
export function testUpstream(endpoints: readonly Endpoint[], connections = CONNECTIONS) {
  const clock = new FakeClock();
  const upstream = new Upstream({
    name: 'payments',
    policy: {
      timeout: { connect: 1_000 },
      loadBalancer: loadBalancerOptions.parse({}),
      outlierDetection: outlierDetectionOptions.parse({}),
    },
    source: { start: (sink) => sink.endpoints(endpoints), stop: () => {} },
    provenance: 'registry',
    transport: transportOver(connections),
    clock,
    random: seededRandom(1),
    observer: silentObserver,
  });
  upstream.start();
  /** @throws AmbassadorError when there is no endpoint */
  const lease = (context: Partial<PickContext> = {}): Lease => {
    const picked = upstream.pick({
      tag: undefined,
      hash: undefined,
      tried: [],
      repeatable: true,
      ...context,
    });
    if (picked instanceof AmbassadorError) throw picked;
    return picked;
  };
  const member = (id: string) => {
    const found = upstream.endpoints.get(id);
    if (found === undefined) throw new Error(`there is no endpoint ${id}`);
    return found;
  };
  return { clock, upstream, lease, member };
}
