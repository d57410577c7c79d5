import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AmbassadorError } from '../../../src/core/errors.ts';
import { serviceNamed } from '../../../src/discovery/service-ref.ts';
import type { Provenance } from '../../../src/endpoint/discovery-state.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { Service } from '../../../src/service/service.ts';
import { ServiceDirectory } from '../../../src/service/service-directory.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

const IDLE_TIMEOUT_MS = 60_000;

/** A directory before a registry that knows every name and answers at once. */
function setUp({
  maxWatches = 3,
  declared = [] as readonly string[],
  provenance = 'registry' as Provenance,
} = {}) {
  const clock = new FakeClock();
  const watched = new Set<string>();
  const closed: string[] = [];
  const observer = observed({ serviceClosed: (service) => closed.push(service) });
  const names = () => ['a', 'b', 'c', 'd', 'e'];
  const directory = new ServiceDirectory({
    clock,
    catalog: {
      localDatacenter: 'dc1',
      lookupDatacenter: () => 'known',
      readDatacenters: () => Promise.resolve(),
      lookup: () => 'known',
      registeredName: ({ name }) => name,
      start: () => {},
      stop: () => {},
      ready: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
      names,
    },
    create: (_ref, name) =>
      new Service({
        name,
        policy: DEFAULT_POLICY,
        provenance,
        transport: testTransport({}, clock),
        clock,
        random: seededRandom(1),
        responseStore: new ResponseStore(1),
        sendToService: () => Promise.reject(new Error('there is no other service')),
        source: {
          start: (sink) => {
            watched.add(name);
            sink.endpoints([testEndpoint({})]);
          },
          stop: () => watched.delete(name),
        },
        observer,
      }),
    declared: declared.map((name) => ({ name, datacenter: undefined, fromConsul: true })),
    onDemand: true,
    saved: new Map(),
    firstAnswerTimeoutMs: 5_000,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    maxWatches,
  });
  directory.start();
  /** As a request does that is over at once. */
  const call = async (name: string): Promise<Service> => {
    const service = directory.find(serviceNamed(name)) ?? (await directory.open(serviceNamed(name)));
    service.lastUsedAt = clock.now();
    return service;
  };
  const refusal = (name: string) =>
    call(name).then(
      () => undefined,
      (error: unknown) => (error instanceof AmbassadorError ? error.reason : error),
    );
  return { clock, watched, closed, directory, call, refusal };
}

describe('at discovery.maxWatches', () => {
  it('the service that was not called for longest makes room, with its watch', async () => {
    const { clock, watched, closed, call } = setUp();
    for (const name of ['a', 'b', 'c']) {
      await call(name);
      clock.advance(5_000);
    }
    await call('a');
    clock.advance(11_000);
    await call('d');
    assert.deepEqual([...watched].sort(), ['a', 'c', 'd']);
    assert.deepEqual(closed, ['b']);
  });

  it('a further one is refused while all were called within ten seconds, and nothing of it stays', async () => {
    const { clock, watched, directory, call, refusal } = setUp();
    for (const name of ['a', 'b', 'c']) await call(name);
    clock.advance(9_999);
    assert.equal(await refusal('d'), 'too_many_watches');
    assert.deepEqual([...directory.services.keys()], ['a', 'b', 'c']);
    assert.equal(watched.has('d'), false);
    clock.advance(2);
    assert.equal(await refusal('d'), undefined);
    assert.equal(watched.size, 3);
  });

  it('a service with a request under way stays, however long that takes', async () => {
    const { clock, watched, call, refusal } = setUp({ maxWatches: 1 });
    const service = await call('a');
    service.active++;
    clock.advance(11_000);
    assert.equal(await refusal('b'), 'too_many_watches');
    service.active--;
    assert.equal(await refusal('b'), undefined);
    assert.deepEqual([...watched], ['b']);
  });

  it('declared services never make room, and count', async () => {
    const { clock, watched, refusal, call } = setUp({ maxWatches: 2, declared: ['a', 'b'] });
    clock.advance(IDLE_TIMEOUT_MS);
    assert.equal(await refusal('c'), 'too_many_watches');
    await call('a');
    assert.deepEqual([...watched].sort(), ['a', 'b']);
  });
});

describe('after discovery.idleTimeout', () => {
  it('a watch ends that nobody called for, and begins anew with the next call', async () => {
    const { clock, watched, closed, call } = setUp({ declared: ['a'] });
    await call('b');
    clock.advance(IDLE_TIMEOUT_MS - 10_000);
    await call('c');
    clock.advance(20_000);
    assert.deepEqual([...watched].sort(), ['a', 'c']);
    assert.deepEqual(closed, ['b']);
    await call('b');
    assert.ok(watched.has('b'));
  });
});

describe('a tag that no endpoint has', () => {
  for (const [provenance, detail] of [
    ['registry', /Consul has a, and no instance of it with that tag\.$/],
    ['static', /its endpoints come from the configuration, and have no tags\. Call a without one\.$/],
    ['dns', /its endpoints come from DNS, and have no tags\. Call a without one\.$/],
  ] as const) {
    it(`is unknown, by where the endpoints come from: ${provenance}`, async () => {
      const { directory } = setUp({ declared: ['a'], provenance });
      await assert.rejects(directory.open({ ...serviceNamed('a'), tag: 'v9' }), detail);
    });
  }
});
