// What an earlier run knew is in force when the watch begins, and nobody can tell which registry said it.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ConsulSource } from '../../../src/discovery/consul/consul-source.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';
import type { ScriptedConsul } from '../../support/scripted-consul.ts';
import { healthRow, startScriptedConsul } from '../../support/scripted-consul.ts';
import type { ConsulParts } from '../../support/watched-source.ts';
import { consulParts, RecordingSink, WEB } from '../../support/watched-source.ts';

const KNOWN = ['a', 'b', 'c'].map((id) => testEndpoint({ id: `node-1/${id}`, port: 9000 }));

interface Scene {
  readonly consul: ScriptedConsul;
  readonly clock: FakeClock;
  readonly sink: RecordingSink;
  readonly parts: ConsulParts;
}

/** Begins with three endpoints of an earlier run, at a Consul that lists `ids`. */
async function beginWithThree(t: TestContext, ids: readonly string[]): Promise<Scene> {
  const consul = await startScriptedConsul(t);
  consul.serve(
    'health',
    20,
    ids.map((id) => healthRow(id)),
  );
  const clock = new FakeClock();
  const sink = new RecordingSink();
  const parts = consulParts(t, consul.address, { clock });
  const source = new ConsulSource(WEB, parts);
  source.start(sink, KNOWN);
  t.after(() => source.stop());
  await eventually(() => assert.equal(consul.blocked, 1));
  return { consul, clock, sink, parts };
}

test('a registry that lists none of them any more is not believed', async (t) => {
  const { sink, parts } = await beginWithThree(t, []);
  assert.equal(sink.ids, undefined);
  assert.equal(sink.lastFailure, 'suspicious_shrink');
  assert.deepEqual(parts.reports.held, [['web', 3]]);
});

test('it is believed after ten minutes', async (t) => {
  const { consul, clock, sink } = await beginWithThree(t, []);
  clock.advance(600_000);
  consul.script('health', { index: 21, body: [] });
  await eventually(() => assert.deepEqual(sink.ids, []));
});

test('a registry that lists one of them is believed when the leader confirms it', async (t) => {
  const { consul, sink } = await beginWithThree(t, ['a']);
  assert.deepEqual(sink.ids, ['a']);
  assert.equal(consul.queries.filter(({ consistency }) => consistency === 'consistent').length, 1);
});

test('once the registry has spoken, the last instance may go like any other', async (t) => {
  const { consul, sink } = await beginWithThree(t, ['a', 'b', 'c']);
  consul.serve('health', 21, []);
  await eventually(() => assert.deepEqual(sink.ids, []));
});
