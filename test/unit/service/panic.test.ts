import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceSummary, serviceView } from '../../../src/admin/service-view.ts';
import type { OwnChain } from '../../../src/chain/own-chain.ts';
import type { EndpointSink } from '../../../src/discovery/source.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { NO_CHAIN_UPSTREAMS } from '../../../src/service/chain-upstreams.ts';
import { Service } from '../../../src/service/service.ts';
import { UNKNOWN_NODE } from '../../../src/service/service-chain.ts';
import { failoverText } from '../../../src/service/service-text.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

type Published = readonly Partial<Endpoint>[];

const UP = { id: 'up' } as const;
const CRITICAL = { id: 'critical', health: 'critical' } as const;
const FAILOVER = { failover: { to: [{ service: 'standby' }], overprovisioning: undefined } };

/** A service `prim`, and `standby`, each with its endpoints from the start. */
function setUp({ own, prim, standby }: { own: OwnChain; prim: Published; standby: Published }) {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const transport = testTransport({}, clock);
  const reports: string[] = [];
  const failovers: string[] = [];
  const observer = observed({
    panicChanged: (name, panic) => reports.push(`${name}: ${panic}`),
    failoverChanged: (name, changed) => failovers.push(failoverText(name, changed)),
  });
  const sinks = new Map<string, EndpointSink>();
  const publish = (name: string, endpoints: Published) =>
    sinks.get(name)?.endpoints(endpoints.map((each) => testEndpoint({ port: 8080, ...each })));
  const parts = (name: string, first: Published) => ({
    name,
    policy: DEFAULT_POLICY,
    provenance: 'registry' as const,
    transport,
    clock,
    random,
    observer,
    source: {
      start: (sink: EndpointSink) => {
        sinks.set(name, sink);
        publish(name, first);
      },
      stop: () => {},
    },
  });
  const service = new Service({
    ...parts('prim', prim),
    responseStore: new ResponseStore(1),
    sendToService: () => Promise.reject(new Error('there is no other service')),
    chain: {
      settings: { source: undefined, own, subsetsOf: () => undefined },
      ownNode: UNKNOWN_NODE,
      upstreams: {
        ...NO_CHAIN_UPSTREAMS,
        isHome: ({ service: name }) => name === 'prim',
        open: () => new Upstream(parts('standby', standby)),
      },
    },
  });
  service.start();
  const now = { monotonic: clock.now(), wall: clock.wallTime() };
  const shown = () => ({
    panic: serviceSummary(service, now).panic,
    usable: serviceView(service, now).endpoints.flatMap(({ id, usable }) => (usable ? [id] : [])),
  });
  return { service, publish, reports, failovers, shown };
}

describe('panic', () => {
  it('is neither reported nor shown while another tier serves, from the start on', () => {
    const { publish, reports, shown } = setUp({ own: FAILOVER, prim: [CRITICAL], standby: [UP] });
    assert.deepEqual(shown(), { panic: 'none', usable: ['up'] });
    publish('prim', [{ id: 'a' }]);
    publish('prim', [CRITICAL]);
    assert.deepEqual(shown(), { panic: 'none', usable: ['up'] });
    assert.deepEqual(reports, []);
  });

  it('is that of the tier which gets requests once none has better endpoints, and ends with the first that has', () => {
    const { publish, reports, shown } = setUp({ own: FAILOVER, prim: [CRITICAL], standby: [UP] });
    publish('standby', []);
    assert.deepEqual(shown(), { panic: 'all_critical', usable: ['critical'] });
    publish('standby', [{ ...CRITICAL, id: 'spare' }]);
    assert.deepEqual(
      shown().usable,
      ['critical'],
      'the first tier is the last resort, and the next gets none',
    );
    publish('standby', [UP]);
    assert.deepEqual(shown(), { panic: 'none', usable: ['up'] });
    assert.deepEqual(reports, ['prim: all_critical', 'prim: none']);
  });

  it('may be of some requests only', () => {
    const own = { split: [{ weight: 50 }, { weight: 50, service: 'standby' }] };
    const { reports, shown } = setUp({ own, prim: [CRITICAL], standby: [UP] });
    assert.deepEqual(shown(), { panic: 'all_critical', usable: ['critical', 'up'] });
    assert.deepEqual(reports, ['prim: all_critical']);
  });

  it('ends with the chain that has another tier for its requests', () => {
    const { service, reports } = setUp({ own: {}, prim: [CRITICAL], standby: [UP] });
    assert.equal(service.panic, 'all_critical');
    service.reconfigure({
      policy: service.policy,
      transport: testTransport(),
      discovery: undefined,
      chain: { source: undefined, own: FAILOVER, subsetsOf: () => undefined },
    });
    assert.equal(service.panic, 'none');
    assert.deepEqual(reports, ['prim: all_critical', 'prim: none']);
  });
});

describe('failover', () => {
  it('is told when it begins, with why, and when it ends', () => {
    const { service, publish, failovers } = setUp({ own: FAILOVER, prim: [UP], standby: [UP] });
    assert.deepEqual(failovers, []);
    publish('prim', [CRITICAL]);
    publish('prim', [CRITICAL, { ...CRITICAL, id: 'another' }]);
    assert.deepEqual(service.failovers, [{ from: 'prim', to: 'standby', isEmpty: true }]);
    publish('prim', [UP]);
    assert.deepEqual(service.failovers, []);
    assert.deepEqual(failovers, [
      'Requests of prim go to standby, since prim has no endpoint to use.',
      'Requests of prim fail over no longer.',
    ]);
  });

  it('is none while no tier has endpoints to use, and ends with its chain', () => {
    const { service, publish, failovers } = setUp({ own: FAILOVER, prim: [CRITICAL], standby: [UP] });
    publish('standby', [CRITICAL]);
    publish('standby', [UP]);
    service.reconfigure({ policy: service.policy, transport: testTransport(), discovery: undefined });
    assert.deepEqual(failovers, [
      'Requests of prim go to standby, since prim has no endpoint to use.',
      'Requests of prim fail over no longer.',
      'Requests of prim go to standby, since prim has no endpoint to use.',
      'Requests of prim fail over no longer.',
    ]);
  });

  it('says when it is only a part that goes elsewhere', () => {
    const own = { failover: { to: [{ service: 'standby' }], overprovisioning: 1 } };
    const prim = [{ id: 'a' }, CRITICAL, { ...CRITICAL, id: 'b' }];
    const { failovers } = setUp({ own, prim, standby: [UP] });
    assert.deepEqual(failovers, ['Requests of prim go to standby, since prim has too few endpoints to use.']);
  });
});
