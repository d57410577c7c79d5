import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeaderState } from '../../../../src/discovery/consul/consul-node.ts';
import { LeaderWatch } from '../../../../src/discovery/consul/leader-watch.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { healthRow, startScriptedConsul } from '../../../support/scripted-consul.ts';
import { consulParts, watchService } from '../../../support/watched-source.ts';

test('a leader that is missed twice is lost, and found at the next look; nobody looks without a listener', async () => {
  const clock = new FakeClock();
  let answers: LeaderState[] = [];
  let looks = 0;
  const leader = () => {
    looks++;
    return Promise.resolve(answers.shift() ?? 'there');
  };
  const watch = new LeaderWatch({ leader }, clock);
  const told: boolean[] = [];
  const forget = watch.follow(undefined, (isLost) => told.push(isLost));
  const forgetOther = watch.follow(undefined, () => {});
  await clock.advanceAsync(10_000);
  assert.equal(looks, 1, 'one look for all of a datacenter');
  answers = ['none', 'there'];
  await clock.advanceAsync(10_000);
  await clock.advanceAsync(3_000);
  assert.deepEqual([looks, told], [3, []], 'an election is no loss');
  answers = ['none', 'none', 'none', 'there'];
  await clock.advanceAsync(10_000);
  assert.deepEqual(told, []);
  await clock.advanceAsync(3_000);
  assert.deepEqual(told, [true]);
  await clock.advanceAsync(3_000);
  assert.deepEqual(told, [true]);
  await clock.advanceAsync(3_000);
  assert.deepEqual(told, [true, false]);
  forget();
  forgetOther();
  await clock.advanceAsync(60_000);
  assert.deepEqual([looks, clock.pendingTimers], [7, 0]);
});

test('a datacenter that cannot be reached is lost, and an agent that does not answer is left to those who ask it', async () => {
  const clock = new FakeClock();
  const watch = new LeaderWatch({ leader: () => Promise.resolve('unknown' as const) }, clock);
  const told: string[] = [];
  const forgetOwn = watch.follow(undefined, (isLost) => told.push(`own ${isLost}`));
  const forget = watch.follow('dc2', (isLost) => told.push(`dc2 ${isLost}`));
  await clock.advanceAsync(10_000);
  await clock.advanceAsync(3_000);
  assert.deepEqual(told, ['dc2 true']);
  forgetOwn();
  forget();
  await clock.advanceAsync(10_000);
  assert.equal(clock.pendingTimers, 0);
});

test('that there is no leader is said while a question still waits, and the table is as old as it was when there is one', async (t) => {
  const consul = await startScriptedConsul(t);
  consul.serve('health', 10, [healthRow('a')]);
  const clock = new FakeClock();
  const parts = consulParts(t, consul.address, { clock });
  const leader = new LeaderWatch(parts.nodes, clock);
  const { sink, source } = watchService(t, { ...parts, leader });
  await eventually(() => assert.deepEqual([sink.ids, consul.blocked], [['a'], 1]));
  consul.leader = '';
  const asked = consul.count('health');
  await eventually(async () => {
    await clock.advanceAsync(1_000);
    assert.equal(sink.lastFailure, 'server_error');
  });
  const lostAfter = clock.now();
  assert.ok(lostAfter <= 40_000, `${lostAfter} ms`);
  assert.equal(sink.tables.length, 1);
  consul.leader = '127.0.0.1:8300';
  await eventually(async () => {
    await clock.advanceAsync(1_000);
    assert.equal(sink.tables.length, 2);
  });
  assert.deepEqual([sink.ids, sink.doubt], [['a'], undefined]);
  assert.ok(sink.ageMs >= lostAfter, `${sink.ageMs} ms old`);
  assert.equal(consul.count('health'), asked, 'the question went on waiting');
  source.stop();
  assert.equal(clock.pendingTimers, 0);
});
