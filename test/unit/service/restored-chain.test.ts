import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentObserver } from '../../../src/core/events.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { NO_CHAIN_UPSTREAMS } from '../../../src/service/chain-upstreams.ts';
import { Service } from '../../../src/service/service.ts';
import { UNKNOWN_NODE } from '../../../src/service/service-chain.ts';
import type { SavedService } from '../../../src/service/service-options.ts';
import { compiledChain, target } from '../../support/compiled-chains.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

const SILENT = { start: () => {}, stop: () => {} };

/** A service of a Consul that never answers. */
function started(saved?: SavedService): Service {
  const clock = new FakeClock();
  const service = new Service({
    name: 'payments',
    policy: DEFAULT_POLICY,
    source: SILENT,
    provenance: 'registry',
    transport: testTransport({}, clock),
    clock,
    random: seededRandom(1),
    observer: silentObserver,
    responseStore: new ResponseStore(1),
    sendToService: () => Promise.reject(new Error('there is no other service')),
    chain: {
      settings: { source: SILENT, own: {}, subsetsOf: () => undefined },
      ownNode: UNKNOWN_NODE,
      upstreams: NO_CHAIN_UPSTREAMS,
    },
  });
  service.start(saved);
  return service;
}

test('while Consul does not answer, a service of the snapshot is ready at once, with the chain that it had or none', async () => {
  const endpoints = [testEndpoint({ port: 8080 })];
  assert.equal(started({ endpoints, ageMs: 5_000 }).isReady, true);
  const compiled = compiledChain({
    start: 'resolver:payments',
    nodes: { 'resolver:payments': { Type: 'resolver', Resolver: { Target: 'payments.default.dc1' } } },
    targets: [target('payments')],
  });
  const withChain = started({ endpoints, ageMs: 5_000, chain: { compiled, targets: {} } });
  await withChain.ready(0);
  assert.equal(withChain.isReady, true);
  assert.equal(withChain.chain.followed?.model.from, 'consul');
  assert.equal(started().isReady, false);
});
