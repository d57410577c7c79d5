import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PreparedQuerySource } from '../../../../src/discovery/consul/prepared-query-source.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { healthRow } from '../../../support/scripted-consul.ts';
import { startUpstream } from '../../../support/upstreams.ts';
import { consulParts, RecordingSink } from '../../../support/watched-source.ts';

test('a prepared query that was deleted has no endpoints once Consul has said so twice', async (t) => {
  let gone: string | undefined;
  let questions = 0;
  const consul = await startUpstream(t, (_request, response) => {
    questions++;
    response.statusCode = gone === undefined ? 200 : 404;
    response.setHeader('content-type', 'application/json');
    response.end(gone ?? JSON.stringify({ Nodes: [healthRow('a')] }));
  });
  const clock = new FakeClock();
  const parts = consulParts(t, `http://127.0.0.1:${consul.port}`, { clock });
  const source = new PreparedQuerySource(
    { query: 'anywhere', datacenter: undefined, taggedAddress: undefined },
    parts,
  );
  const sink = new RecordingSink();
  source.start(sink);
  t.after(() => source.stop());
  const asked = async () => {
    const before = questions;
    await eventually(async () => {
      await clock.advanceAsync(3_000);
      assert.ok(questions > before);
    });
  };
  await eventually(() => assert.deepEqual(sink.ids, ['a']));

  gone = 'a page of a proxy';
  await asked();
  await asked();
  await eventually(() => assert.equal(sink.lastFailure, 'rejected'));
  assert.deepEqual(sink.ids, ['a']);

  gone = 'Query not found';
  await asked();
  await eventually(() => assert.equal(sink.lastFailure, 'suspicious_shrink'));
  assert.deepEqual(sink.ids, ['a']);
  await eventually(async () => {
    await clock.advanceAsync(3_000);
    assert.deepEqual(sink.ids, []);
  });
  assert.match(sink.failures.at(-1)?.detail ?? '', /Consul has no prepared query anywhere$/);

  gone = undefined;
  await eventually(async () => {
    await clock.advanceAsync(3_000);
    assert.deepEqual(sink.ids, ['a']);
  });
});
