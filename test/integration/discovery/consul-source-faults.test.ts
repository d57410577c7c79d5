import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { DiscoveryFailureKind } from '../../../src/endpoint/discovery-state.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import type { ScriptedConsul, ScriptedReply } from '../../support/scripted-consul.ts';
import { healthRow, startScriptedConsul } from '../../support/scripted-consul.ts';
import type { WatchedSource } from '../../support/watched-source.ts';
import { consulParts, RecordingSink, watchService } from '../../support/watched-source.ts';

const THREE = ['a', 'b', 'c'];

interface Scene extends WatchedSource {
  readonly consul: ScriptedConsul;
  readonly clock: FakeClock;
}

/** A watch of three instances that waits for a change. */
async function watchThree(t: TestContext, sink?: RecordingSink): Promise<Scene> {
  const consul = await startScriptedConsul(t);
  serve(consul, 10, THREE);
  const clock = new FakeClock();
  const watched = watchService(t, consulParts(t, consul.address, { clock }), {}, sink);
  await eventually(() => assert.deepEqual(watched.sink.ids, THREE));
  await eventually(() => assert.equal(consul.blocked, 1));
  return { ...watched, consul, clock };
}

function serve(consul: ScriptedConsul, index: number, ids: readonly string[]): void {
  consul.serve(
    'health',
    index,
    ids.map((id) => healthRow(id)),
  );
}

/** Lets time pass until `probe` holds. */
function asTimePasses(clock: FakeClock, probe: () => void): Promise<void> {
  return eventually(async () => {
    await clock.advanceAsync(1_000);
    probe();
  });
}

describe('ConsulSource, when Consul answers badly', () => {
  const faults: readonly {
    readonly what: string;
    readonly reply: ScriptedReply;
    readonly kind: DiscoveryFailureKind;
  }[] = [
    { what: 'cuts the answer in the middle', reply: 'cut', kind: 'unreachable' },
    { what: 'closes the connection', reply: 'reset', kind: 'unreachable' },
    { what: 'answers 500', reply: { status: 500, body: 'rpc error: EOF' }, kind: 'server_error' },
    {
      what: 'answers 500 without a leader',
      reply: { status: 500, body: 'No cluster leader' },
      kind: 'server_error',
    },
    {
      what: 'answers 503 with broken JSON',
      reply: { status: 503, headers: { 'content-type': 'application/json' }, body: '{' },
      kind: 'server_error',
    },
    { what: 'answers 429', reply: { status: 429, headers: { 'retry-after': '3' } }, kind: 'rate_limited' },
    { what: 'answers 403', reply: { status: 403, body: 'Permission denied' }, kind: 'permission_denied' },
    { what: 'answers 400', reply: { status: 400, body: 'Invalid index' }, kind: 'rejected' },
    {
      what: 'answers garbage',
      reply: { index: 11, headers: { 'content-type': 'application/json' }, body: '[{]' },
      kind: 'malformed',
    },
    {
      what: 'answers a page of a proxy',
      reply: { index: 11, headers: { 'content-type': 'text/html' }, body: '<html>' },
      kind: 'malformed',
    },
    { what: 'answers nothing', reply: { index: 11 }, kind: 'malformed' },
    { what: 'answers something other than a list', reply: { index: 11, body: { a: 1 } }, kind: 'malformed' },
    {
      what: 'answers a list of nothing it documents',
      reply: { index: 11, body: [1, null, {}] },
      kind: 'malformed',
    },
    {
      what: 'hides the instances by its ACL',
      reply: { index: 11, headers: { 'x-consul-results-filtered-by-acls': 'true' }, body: [] },
      kind: 'acl_filtered',
    },
  ];

  for (const { what, reply, kind } of faults) {
    it(`keeps its endpoints, says ${kind} and goes on when it ${what}`, async (t) => {
      const { consul, clock, sink } = await watchThree(t);
      const deliveries = sink.tables.length;
      consul.script('health', reply);
      await eventually(() =>
        assert.deepEqual(
          sink.failures.map((failure) => failure.kind),
          [kind],
        ),
      );
      assert.equal(sink.tables.length, deliveries);
      serve(consul, 12, [...THREE, 'd']);
      await asTimePasses(clock, () => assert.deepEqual(sink.ids, [...THREE, 'd']));
      assert.equal(sink.failures.length, 1);
    });
  }

  it('says what Consul said, in one line', async (t) => {
    const { consul, sink } = await watchThree(t);
    consul.script('health', { status: 500, body: 'rpc error:\n  EOF' });
    await eventually(() => assert.equal(sink.failures[0]?.detail, 'Consul answered 500: rpc error: EOF'));
  });

  it('outlives any number of failures in a row', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.always('health', { status: 500 });
    await asTimePasses(clock, () => assert.ok(sink.failures.length >= 15));
    consul.always('health', undefined);
    serve(consul, 12, ['a', 'b']);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, ['a', 'b']));
  });

  it('asks with its index after a 500, and without one after a lost connection', async (t) => {
    const { consul, clock } = await watchThree(t);
    consul.script('health', { status: 500 });
    await asTimePasses(clock, () => assert.equal(consul.blocked, 1));
    const health = () => consul.queries.filter(({ kind }) => kind === 'health');
    assert.deepEqual(
      health().map(({ index }) => index),
      [null, '10', '10', '10'],
    );
    consul.dropConnections();
    await asTimePasses(clock, () => assert.equal(health()[4]?.index, null));
  });

  it('knows that Consul answers again although nothing has changed', async (t) => {
    for (const status of [500, 429, 403]) {
      const { consul, clock, sink } = await watchThree(t);
      consul.script('health', { status });
      await eventually(() => assert.equal(sink.failures.length, 1));
      const deliveries = sink.tables.length;
      await asTimePasses(clock, () => assert.equal(sink.tables.length, deliveries + 1));
      assert.deepEqual(sink.ids, THREE);
    }
  });

  it('follows a registry that was without a leader and has lost its data meanwhile', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.always('health', { status: 500, body: 'No cluster leader' });
    await eventually(() => assert.equal(sink.lastFailure, 'server_error'));
    consul.always('health', undefined);
    serve(consul, 3, [...THREE, 'd']);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, [...THREE, 'd']));
  });

  it('says that the page of a proxy is no answer of Consul', async (t) => {
    const { consul, sink } = await watchThree(t);
    consul.script('health', { index: 11, headers: { 'content-type': 'text/html' }, body: '<html>' });
    await eventually(() => assert.equal(sink.failures[0]?.detail, 'Consul: the answer is not JSON'));
  });

  it('takes interim responses without end for no answer, and goes on', async (t) => {
    const served = new Set<Socket>();
    const server = createServer((socket) => {
      served.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => served.delete(socket));
      const flood = (): void => {
        if (socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100))) setImmediate(flood);
        else socket.once('drain', flood);
      };
      socket.once('data', flood);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      for (const socket of served) socket.destroy();
    });
    const { port } = server.address() as AddressInfo;
    const { sink } = watchService(t, consulParts(t, `http://127.0.0.1:${port}`, { clock: new FakeClock() }));
    await eventually(() =>
      assert.deepEqual(sink.failures[0], {
        kind: 'malformed',
        detail: 'Consul: nothing comes but interim responses (1xx)',
      }),
    );
  });

  it('waits as long as Retry-After asks', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.script('health', { status: 429, headers: { 'retry-after': '20' } });
    await eventually(() => assert.equal(sink.lastFailure, 'rate_limited'));
    const asked = consul.count('health');
    await clock.advanceAsync(19_000, 500);
    assert.equal(consul.count('health'), asked);
    await clock.advanceAsync(1_500, 500);
    // The one that was put off, and the one that waits for a change after its answer.
    await eventually(() => assert.equal(consul.count('health'), asked + 2));
  });

  it('goes on when its listener throws', async (t) => {
    class Clumsy extends RecordingSink {
      override endpoints(...given: Parameters<RecordingSink['endpoints']>): void {
        super.endpoints(...given);
        if (this.tables.length === 2) throw new Error('clumsy');
      }

      override failed(...given: Parameters<RecordingSink['failed']>): void {
        super.failed(...given);
        throw new Error('clumsy');
      }
    }
    const { consul, clock, sink } = await watchThree(t, new Clumsy());
    serve(consul, 11, ['a', 'b']);
    await eventually(() => assert.equal(sink.tables.length, 2));
    consul.script('health', { status: 500 }, { status: 500 });
    await asTimePasses(clock, () => assert.equal(sink.failures.length, 2));
    serve(consul, 12, THREE);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, THREE));
  });

  it('reads the rows that it can and logs how many it cannot', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.serve('health', 10, [healthRow('a'), { Node: 'what' }]);
    const logger = new RecordingLogger();
    const { sink } = watchService(t, consulParts(t, consul.address, { clock: new FakeClock(), logger }));
    await eventually(() => assert.deepEqual(sink.ids, ['a']));
    assert.deepEqual(logger.entries[0]?.fields, { service: 'web', rows: 1 });
    consul.serve('health', 11, [healthRow('a'), healthRow('b'), { Node: 'what' }]);
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b']));
    assert.equal(logger.entries.length, 1, 'once, not at every answer');
  });
});

describe('ConsulSource, and the index', () => {
  it('asks afresh after an index that went backwards', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.script('health', { index: 4, body: THREE.map((id) => healthRow(id)) });
    serve(consul, 5, ['a', 'b']);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, ['a', 'b']));
    const indexes = consul.queries.filter(({ kind }) => kind === 'health').map(({ index }) => index);
    assert.deepEqual(indexes.slice(0, 4), [null, '10', null, '5']);
  });

  it('keeps an index beyond 2^53 digit by digit', async (t) => {
    const { consul } = await watchThree(t);
    consul.always('health', ({ index }) =>
      index === '18446744073709551615'
        ? 'hang'
        : { index: '18446744073709551615', body: THREE.map((id) => healthRow(id)) },
    );
    await eventually(() => assert.equal(consul.queries.at(-1)?.index, '18446744073709551615'));
  });

  const restless: readonly { readonly what: string; readonly reply: (counter: number) => ScriptedReply }[] = [
    { what: 'a new index each time', reply: (n) => ({ index: 100 + n, body: [healthRow('a')] }) },
    { what: 'an unchanged index at once', reply: () => ({ index: 10, body: [healthRow('a')] }) },
    {
      what: 'an index that goes backwards each time',
      reply: (n) => ({ index: 10_000 - n, body: [healthRow('a')] }),
    },
    { what: 'empty lists and new indexes', reply: (n) => ({ index: 100 + n, body: [] }) },
  ];
  for (const { what, reply } of restless) {
    it(`asks at most four times a second after a burst when each answer has ${what}`, async (t) => {
      const consul = await startScriptedConsul(t);
      let counter = 0;
      consul.always('health', (query) => {
        const answer = reply(counter++);
        return typeof answer === 'function' ? answer(query) : answer;
      });
      const clock = new FakeClock();
      watchService(t, consulParts(t, consul.address, { clock }));
      const limit = (): number => 10 + Math.floor(clock.now() / 250);
      for (let step = 0; step < 20; step++) {
        await clock.advanceAsync(250, 50);
        await eventually(() => assert.ok(clock.pendingTimers === 1));
        await settle();
        assert.ok(
          consul.count('health') <= limit(),
          `${consul.count('health')} queries in ${clock.now()} ms`,
        );
      }
      assert.ok(consul.count('health') >= 15, 'it goes on asking');
    });
  }

  for (const index of [undefined, 0, 'soon']) {
    it(`is asked once in five seconds when its answers have the index ${index}`, async (t) => {
      const consul = await startScriptedConsul(t);
      consul.always('health', () => ({ index, body: [healthRow('a')] }));
      const clock = new FakeClock();
      const { sink } = watchService(t, consulParts(t, consul.address, { clock }));
      await eventually(() => assert.deepEqual(sink.ids, ['a']));
      for (let questions = 1; questions < 4; questions++) {
        await eventually(() => assert.equal(clock.pendingTimers, 1));
        assert.equal(consul.count('health'), questions);
        clock.advance(4_999);
        await settle();
        assert.equal(consul.count('health'), questions);
        clock.advance(1);
        await eventually(() => assert.equal(consul.count('health'), questions + 1));
      }
    });

    it(`never empties the table by an empty list with the index ${index}`, async (t) => {
      const { consul, clock, sink } = await watchThree(t);
      consul.always('health', () => ({ index, body: [] }));
      await asTimePasses(clock, () => assert.equal(sink.lastFailure, 'malformed'));
      assert.deepEqual(sink.ids, THREE);
      const asked = consul.count('health');
      await clock.advanceAsync(30_000, 50);
      assert.ok(consul.count('health') - asked < 20, `${consul.count('health') - asked} in 30 s`);
      assert.deepEqual(sink.ids, THREE);
    });
  }

  it('asks the leader when the server has lost touch with it, and any server again afterwards', async (t) => {
    const { consul, clock } = await watchThree(t);
    consul.script('health', {
      index: 11,
      headers: { 'x-consul-lastcontact': '30000', 'x-consul-knownleader': 'true' },
      body: THREE.map((id) => healthRow(id)),
    });
    await eventually(() => assert.equal(consul.queries.at(-1)?.consistency, 'default'));
    serve(consul, 12, THREE);
    await asTimePasses(clock, () => assert.equal(consul.queries.at(-1)?.consistency, 'stale'));
  });
});

describe('ConsulSource, and sudden losses', () => {
  it('asks the leader before it believes an empty list', async (t) => {
    const { consul, sink, reports } = await watchThree(t);
    consul.script('health', { index: 2, body: [] }, ({ consistency }) => {
      assert.equal(consistency, 'consistent');
      return { index: 10, body: THREE.map((id) => healthRow(id)) };
    });
    await eventually(() => assert.equal(sink.tables.length, 2));
    assert.deepEqual(sink.ids, THREE);
    assert.deepEqual(sink.failures, []);
    assert.deepEqual(reports.believed, []);
  });

  it('believes an empty list that the leader confirms, and reports the loss', async (t) => {
    const { consul, sink, reports } = await watchThree(t);
    consul.always('health', ({ index }) => (index === '11' ? 'hang' : { index: 11, body: [] }));
    await eventually(() => assert.deepEqual(sink.ids, []));
    assert.deepEqual(sink.failures, []);
    assert.deepEqual(reports.believed, [['web', 3]]);
  });

  it('uses what is known beside the first that comes back to a registry that lost its data, for two minutes', async (t) => {
    const { consul, clock, sink, reports } = await watchThree(t);
    serve(consul, 3, ['a']);
    consul.script('health', { index: 3, body: [healthRow('a')] });
    await eventually(() => assert.equal(sink.table.filter(({ remembered }) => remembered).length, 2));
    assert.deepEqual(sink.ids, THREE);
    assert.equal(sink.doubt, 'suspicious_shrink');
    assert.deepEqual(reports.held, [['web', 2]]);
    assert.deepEqual(reports.believed, []);
    await clock.advanceAsync(119_000);
    assert.deepEqual(sink.ids, THREE);
    await clock.advanceAsync(2_000);
    assert.deepEqual(sink.ids, ['a']);
    assert.equal(sink.doubt, undefined);
    assert.deepEqual(reports.believed, [['web', 2]]);
  });

  it('takes what a server without a leader says for as old as its last contact, and asks the leader', async (t) => {
    const { consul, sink, reports, clock } = await watchThree(t);
    const contact = (lastContact: string, leader: string) => ({
      'x-consul-lastcontact': lastContact,
      'x-consul-knownleader': leader,
    });
    const rows = THREE.map((id) => healthRow(id));
    consul.script(
      'health',
      { index: 10, body: rows, headers: contact('40000', 'false') },
      { status: 500, body: 'No cluster leader' },
      { index: 10, body: rows, headers: contact('12', 'true') },
    );
    await eventually(() => assert.equal(sink.lastFailure, 'server_error'));
    assert.deepEqual([sink.doubt, sink.ageMs, sink.ids], ['server_error', 40_000, THREE]);
    assert.equal(reports.queries.filter(({ outcome }) => outcome === 'server_error').length, 2);
    await asTimePasses(clock, () => assert.deepEqual([sink.doubt, sink.ageMs], [undefined, 12]));
    // While there is trouble, a blocked question would not hear of its end.
    assert.deepEqual(
      consul.queries.filter(({ kind }) => kind === 'health').map(({ parameters }) => parameters.get('wait')),
      [null, '55000ms', '5000ms', '1ms', '55000ms'],
    );
  });

  it('does not take it for confirmed that nothing has changed when there is no leader any more', async (t) => {
    const { consul, sink, clock } = await watchThree(t);
    consul.leader = '';
    const rows = THREE.map((id) => healthRow(id));
    // As Consul answers when the time is over: with what it knew of its leader when the question came.
    const unchanged = { index: 10, body: rows, headers: { 'x-consul-knownleader': 'true' } };
    consul.script('health', unchanged);
    await eventually(() => assert.equal(sink.lastFailure, 'server_error'));
    assert.equal(sink.tables.length, 1);
    consul.leader = '127.0.0.1:8300';
    consul.script('health', unchanged);
    await asTimePasses(clock, () => assert.equal(sink.tables.length, 2));
    assert.equal(sink.doubt, undefined);
  });

  it('ends with its source, whatever comes back', async (t) => {
    const { consul, clock, sink, source } = await watchThree(t);
    serve(consul, 3, ['a']);
    consul.script('health', { index: 3, body: [healthRow('a')] });
    await eventually(() => assert.equal(sink.doubt, 'suspicious_shrink'));
    source.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('believes a loss of most that the leader confirms, and reports how many were lost', async (t) => {
    const { consul, sink, reports } = await watchThree(t);
    serve(consul, 11, ['c']);
    await eventually(() => assert.deepEqual(sink.ids, ['c']));
    assert.deepEqual(reports.believed, [['web', 2]]);
    assert.equal(consul.queries.filter(({ consistency }) => consistency === 'consistent').length, 1);
  });

  it('publishes what the leader says where that differs', async (t) => {
    const { consul, sink, reports } = await watchThree(t);
    consul.script('health', { index: 11, body: [] }, { index: 12, body: [healthRow('a'), healthRow('b')] });
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b']));
    assert.deepEqual(reports.believed, [['web', 1]]);
  });

  it('does not ask again about a loss of few', async (t) => {
    const { consul, sink } = await watchThree(t);
    serve(consul, 11, ['a', 'b']);
    await eventually(() => assert.deepEqual(sink.ids, ['a', 'b']));
    assert.ok(consul.queries.every(({ consistency }) => consistency !== 'consistent'));
  });

  it('keeps its endpoints while no leader can confirm, and asks soon again', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.always('health', ({ consistency }) =>
      consistency === 'consistent' ? { status: 500, body: 'No cluster leader' } : { index: 11, body: [] },
    );
    await asTimePasses(clock, () => assert.ok(sink.failures.length >= 3));
    assert.deepEqual(sink.ids, THREE);
    assert.equal(sink.lastFailure, 'suspicious_shrink');
    assert.match(sink.failures[0]?.detail ?? '', /could not be confirmed: .*No cluster leader/);
    consul.always('health', undefined);
    serve(consul, 12, []);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, []));
  });

  it('keeps its endpoints while the agent that lost them cannot be asked who it is', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.always('agent', 'reset');
    serve(consul, 11, []);
    await eventually(() => assert.equal(sink.lastFailure, 'suspicious_shrink'));
    assert.deepEqual(sink.ids, THREE);
    consul.always('agent', undefined);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, []));
  });

  it('holds its endpoints when the index went back and nothing is left', async (t) => {
    const { consul, sink, reports } = await watchThree(t);
    consul.always('health', ({ index }) => (index === '3' ? 'hang' : { index: 3, body: [] }));
    await eventually(() => assert.equal(sink.lastFailure, 'suspicious_shrink'));
    assert.deepEqual(sink.ids, THREE);
    assert.deepEqual(reports.held, [['web', 3]]);
  });

  it('holds its endpoints when another agent answers that nothing is left, whatever its index', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.nodeId = 'agent-2';
    consul.serve('health', 5_000, []);
    await asTimePasses(clock, () => assert.equal(sink.lastFailure, 'suspicious_shrink'));
    assert.deepEqual(sink.ids, THREE);
  });

  it('believes an empty list of the agent that it changed to before', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.nodeId = 'agent-2';
    consul.dropConnections();
    await asTimePasses(clock, () => assert.equal(sink.tables.length, 2));
    await asTimePasses(clock, () => assert.equal(consul.blocked, 1));
    serve(consul, 11, []);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, []));
  });

  it('concludes nothing about an agent that it may not ask', async (t) => {
    const consul = await startScriptedConsul(t);
    consul.always('agent', { status: 403, body: 'Permission denied' });
    serve(consul, 10, THREE);
    const { sink } = watchService(t, consulParts(t, consul.address, { clock: new FakeClock() }));
    await eventually(() => assert.equal(consul.blocked, 1));
    serve(consul, 11, []);
    await eventually(() => assert.deepEqual(sink.ids, []));
  });

  it('believes an empty registry at last, after ten minutes', async (t) => {
    const { consul, clock, sink, reports } = await watchThree(t);
    const returnsAtOnce = new Set<string | null>([null, '10']);
    consul.always('health', ({ index }) => (returnsAtOnce.has(index) ? { index: 3, body: [] } : 'hang'));
    await asTimePasses(clock, () => assert.equal(consul.blocked, 1));
    const heldAt = clock.now();
    clock.advance(500_000);
    consul.script('health', { index: 3, body: [] });
    await asTimePasses(clock, () => assert.equal(consul.blocked, 1));
    assert.deepEqual(sink.ids, THREE);
    clock.advance(heldAt + 600_000 - clock.now());
    consul.script('health', { index: 3, body: [] });
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, []));
    assert.deepEqual([reports.held, reports.believed], [[['web', 3]], [['web', 3]]]);
  });

  it('believes the first instance that registers again', async (t) => {
    const { consul, clock, sink } = await watchThree(t);
    consul.script('health', { index: 3, body: [] }, { index: 3, body: [] });
    consul.serve('health', 3, []);
    await asTimePasses(clock, () => assert.equal(sink.lastFailure, 'suspicious_shrink'));
    serve(consul, 4, ['b']);
    await asTimePasses(clock, () => assert.deepEqual(sink.ids, ['b']));
  });
});

describe('ConsulSource, when it stops', () => {
  it('leaves no socket and no timer while it waits for a change', async (t) => {
    const timers = timersOfTheProcess();
    const consul = await startScriptedConsul(t);
    serve(consul, 10, THREE);
    const clock = new FakeClock();
    const parts = consulParts(t, consul.address, { clock });
    const { source } = watchService(t, parts);
    await eventually(() => assert.equal(consul.blocked, 1));
    source.stop();
    await eventually(() => assert.equal(consul.blocked, 0));
    parts.client.close();
    await eventually(() => assert.equal(consul.connections, 0));
    assert.equal(clock.pendingTimers, 0);
    await eventually(() => assert.ok(timersOfTheProcess() <= timers));
  });

  it('leaves no timer while it waits to ask again', async (t) => {
    const { consul, clock, source, sink } = await watchThree(t);
    consul.always('health', { status: 500 });
    await asTimePasses(clock, () => assert.ok(sink.failures.length >= 3));
    await eventually(() => assert.equal(clock.pendingTimers, 1));
    source.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  it('delivers nothing afterwards, not even what was on its way', async (t) => {
    const { consul, source, sink } = await watchThree(t);
    const before = [sink.tables.length, sink.failures.length];
    source.stop();
    serve(consul, 11, ['z']);
    consul.dropConnections();
    await settle();
    await eventually(() => assert.equal(consul.connections, 0));
    assert.deepEqual([sink.tables.length, sink.failures.length], before);
  });

  it('delivers nothing afterwards while a loss is being confirmed', async (t) => {
    const { consul, source, sink, reports } = await watchThree(t);
    consul.script('health', { index: 11, body: [] }, 'hang');
    await eventually(() => assert.equal(consul.queries.at(-1)?.consistency, 'consistent'));
    source.stop();
    consul.dropConnections();
    await eventually(() => assert.equal(consul.connections, 0));
    await settle();
    assert.deepEqual([sink.ids, sink.failures, reports.believed], [THREE, [], []]);
  });
});

/** In node:test there may be some of its own. */
function timersOfTheProcess(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
