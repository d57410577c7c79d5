import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { DnsSource } from '../../../../src/discovery/dns/dns-source.ts';
import type { DnsOptions } from '../../../../src/discovery/endpoint-options.ts';
import { a, aaaa, DnsServer, srv } from '../../../support/dns-server.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { RecordingSink } from '../../../support/recording-sink.ts';

const NAME = 'payments.test';
const SRV_NAME = '_http._tcp.payments.test';

async function bench(t: TestContext, record: 'A' | 'SRV' = 'A') {
  const server = await DnsServer.start();
  const clock = new FakeClock();
  const sink = new RecordingSink();
  const options: DnsOptions =
    record === 'A'
      ? { name: NAME, record, port: 80, server: server.address }
      : { name: SRV_NAME, record, server: server.address };
  const source = new DnsSource(options, { clock, random: () => 0.5 });
  t.after(async () => {
    source.stop();
    await server.close();
  });
  /** Waits until the source has delivered and failed this often in all, and waits for its time to ask again. */
  const heard = (deliveries: number, failures = 0): Promise<void> =>
    eventually(() => {
      assert.deepEqual([sink.deliveries.length, sink.failures.length], [deliveries, failures]);
      assert.equal(clock.pendingTimers, 1);
    });
  return { server, clock, sink, source, heard };
}

describe('endpoints from address records', () => {
  it('are the IPv4 addresses of the name, with the port of the options', async (t) => {
    const { server, source, sink, heard } = await bench(t);
    server.reply('A', NAME, [a('10.0.0.2'), a('10.0.0.1'), a('10.0.0.2')]);
    server.reply('AAAA', NAME, [aaaa('fd00:0:0:0:0:0:0:1')]);
    source.start(sink);
    await heard(1);
    assert.deepEqual(sink.ids, ['10.0.0.1:80', '10.0.0.2:80']);
    assert.deepEqual(sink.deliveries[0]?.[0], {
      id: '10.0.0.2:80',
      address: '10.0.0.2',
      port: 80,
      health: 'passing',
      healthDetail: undefined,
      weight: 1,
      tags: [],
      meta: {},
      node: '10.0.0.2',
      datacenter: undefined,
    });
  });

  it('are the IPv6 addresses of a name that has no others', async (t) => {
    const { server, source, sink, heard } = await bench(t);
    server.reply('A', NAME, []);
    server.reply('AAAA', NAME, [aaaa('fd00:0:0:0:0:0:0:1')]);
    source.start(sink);
    await heard(1);
    assert.deepEqual(sink.ids, ['[fd00::1]:80']);
    assert.equal(sink.deliveries[0]?.[0]?.address, 'fd00::1');
  });

  for (const [ttl, waitMs] of [
    [0, 1_000],
    [7, 7_000],
    [86_400, 300_000],
  ] as const) {
    it(`are looked up again after ${waitMs} ms when the shortest time to live is ${ttl} s`, async (t) => {
      const { server, source, sink, clock, heard } = await bench(t);
      server.reply('A', NAME, [a('10.0.0.1', ttl), a('10.0.0.2', 100_000)]);
      source.start(sink);
      await heard(1);
      server.reply('A', NAME, [a('10.0.0.3', ttl)]);
      clock.advance(waitMs - 1);
      await settle();
      assert.equal(clock.pendingTimers, 1);
      clock.advance(1);
      await heard(2);
      assert.deepEqual(sink.ids, ['10.0.0.3:80']);
    });
  }

  for (const nothing of ['nxdomain', 'nodata'] as const) {
    it(`are none only when the server has said ${nothing} twice`, async (t) => {
      const { server, source, sink, clock, heard } = await bench(t);
      server.reply('A', NAME, [a('10.0.0.1', 1)]);
      source.start(sink);
      await heard(1);
      server.reply('A', NAME, nothing === 'nodata' ? [] : nothing);
      clock.advance(1_000);
      await heard(1, 1);
      assert.equal(sink.failures[0]?.kind, 'suspicious_shrink');
      clock.advance(1_000);
      await heard(2, 1);
      assert.deepEqual(sink.ids, []);
    });
  }

  it('are back within seconds of an empty answer', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t);
    source.start(sink);
    await heard(0, 1);
    clock.advance(1_000);
    await heard(1, 1);
    server.reply('A', NAME, [a('10.0.0.1')]);
    clock.advance(5_000);
    await heard(2, 1);
    assert.deepEqual(sink.ids, ['10.0.0.1:80']);
  });

  it('survive an empty answer before and after a failure', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t);
    server.reply('A', NAME, [a('10.0.0.1', 1)]);
    source.start(sink);
    await heard(1);
    for (const [index, reply] of (['nxdomain', 'servfail', 'nxdomain'] as const).entries()) {
      server.reply('A', NAME, reply);
      clock.advance(1_000);
      await heard(1, index + 1);
    }
    assert.deepEqual(sink.ids, ['10.0.0.1:80']);
  });

  it('stay as they are while the server fails, which is asked again after longer and longer', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t);
    server.reply('A', NAME, [a('10.0.0.1', 1)]);
    source.start(sink);
    await heard(1);
    server.reply('A', NAME, 'servfail');
    clock.advance(1_000);
    await heard(1, 1);
    for (const [index, waitMs] of [125, 250, 500, 1_000].entries()) {
      clock.advance(waitMs - 1);
      await settle();
      assert.equal(clock.pendingTimers, 1, `asked before ${waitMs} ms`);
      clock.advance(1);
      await heard(1, index + 2);
    }
    assert.deepEqual(new Set(sink.failures.map(({ kind }) => kind)), new Set(['server_error']));
    server.reply('A', NAME, [a('10.0.0.2', 1)]);
    clock.advance(15_000);
    await heard(2, 5);
    assert.deepEqual(sink.ids, ['10.0.0.2:80']);
  });

  it('are reported as out of reach when no server listens', async (t) => {
    const { server, source, sink, heard } = await bench(t);
    await server.close();
    source.start(sink);
    await heard(0, 1);
    assert.equal(sink.failures[0]?.kind, 'unreachable');
    assert.match(sink.failures[0]?.detail ?? '', /payments\.test.*ECONNREFUSED/);
  });
});

describe('endpoints from SRV records', () => {
  it('have the port and the weight of the record, and 1 for a weight of 0', async (t) => {
    const { server, source, sink, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [srv('a.test', 8001, { weight: 0 }), srv('b.test', 8002, { weight: 7 })]);
    server.reply('A', 'a.test', [a('10.0.0.1')]);
    server.reply('A', 'b.test', [a('10.0.0.2'), a('10.0.0.3')]);
    source.start(sink);
    await heard(1);
    assert.deepEqual(
      sink.deliveries[0]?.map(({ id, weight, node }) => [id, weight, node]),
      [
        ['10.0.0.1:8001', 1, 'a.test'],
        ['10.0.0.2:8002', 7, 'b.test'],
        ['10.0.0.3:8002', 7, 'b.test'],
      ],
    );
  });

  it('are the targets of the lowest priority alone', async (t) => {
    const { server, source, sink, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [
      srv('a.test', 80, { priority: 20 }),
      srv('b.test', 80, { priority: 10 }),
      srv('b.test', 81, { priority: 10 }),
    ]);
    server.reply('A', 'a.test', [a('10.0.0.1')]);
    server.reply('A', 'b.test', [a('10.0.0.2')]);
    source.start(sink);
    await heard(1);
    assert.deepEqual(sink.ids, ['10.0.0.2:80', '10.0.0.2:81']);
    assert.equal(server.questions.includes('A a.test'), false);
  });

  it('are none when the root is the target', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [srv('..', 0)]);
    source.start(sink);
    await heard(0, 1);
    clock.advance(1_000);
    await heard(1, 1);
    assert.deepEqual(sink.ids, []);
    assert.deepEqual(new Set(server.questions), new Set([`SRV ${SRV_NAME}`]));
  });

  it('are looked up again after 10 s, or sooner when an address lives shorter', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [srv('a.test', 80)]);
    server.reply('A', 'a.test', [a('10.0.0.1', 3_600)]);
    source.start(sink);
    await heard(1);
    server.reply('A', 'a.test', [a('10.0.0.1', 2)]);
    clock.advance(10_000);
    await heard(2);
    clock.advance(2_000);
    await heard(3);
  });

  it('keep the addresses of a target that cannot be looked up, and follow the others', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [srv('a.test', 80), srv('b.test', 80)]);
    server.reply('A', 'a.test', [a('10.0.0.1')]);
    server.reply('A', 'b.test', [a('10.0.0.2')]);
    source.start(sink);
    await heard(1);
    server.reply('A', 'a.test', 'servfail');
    server.reply('A', 'b.test', [a('10.0.0.3')]);
    clock.advance(10_000);
    await heard(2);
    assert.deepEqual(sink.ids, ['10.0.0.1:80', '10.0.0.3:80']);
  });

  it('are not taken away because no target can be looked up', async (t) => {
    const { server, source, sink, heard } = await bench(t, 'SRV');
    server.reply('SRV', SRV_NAME, [srv('a.test', 80)]);
    server.reply('A', 'a.test', 'servfail');
    source.start(sink);
    await heard(0, 1);
    assert.equal(sink.failures[0]?.kind, 'server_error');
  });

  it('are all looked up, however many targets there are', async (t) => {
    const { server, source, sink, heard } = await bench(t, 'SRV');
    const numbers = Array.from({ length: 70 }, (_, index) => index + 1);
    server.reply(
      'SRV',
      SRV_NAME,
      numbers.map((number) => srv(`${number}.test`, 80)),
    );
    for (const number of numbers) server.reply('A', `${number}.test`, [a(`10.0.0.${number}`)]);
    source.start(sink);
    await heard(1);
    assert.equal(sink.ids?.length, 70);
  });
});

describe('a stopped watch of DNS', () => {
  it('delivers nothing of the lookup under way, and asks no more', async (t) => {
    const { server, source, sink, clock } = await bench(t);
    const cancel = t.mock.method(Resolver.prototype, 'cancel');
    server.reply('A', NAME, 'silence');
    source.start(sink);
    await eventually(() => assert.equal(server.questions.length, 1));
    source.stop();
    await settle();
    assert.equal(cancel.mock.callCount(), 1);
    clock.advance(600_000);
    await settle();
    assert.deepEqual([sink.deliveries, sink.failures], [[], []]);
    assert.equal(server.questions.length, 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it('leaves no timer behind between two lookups', async (t) => {
    const { server, source, sink, clock, heard } = await bench(t);
    server.reply('A', NAME, [a('10.0.0.1')]);
    source.start(sink);
    await heard(1);
    source.stop();
    assert.equal(clock.pendingTimers, 0);
  });
});
