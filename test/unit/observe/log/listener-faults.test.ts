import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allFaults, FaultRecord } from '../../../../src/observe/log/fault-record.ts';
import { ListenerFaults } from '../../../../src/observe/log/listener-faults.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

test('each fault is counted, and one a minute is logged for each event', () => {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const faults = new ListenerFaults(clock, logger);
  const thrown = new TypeError('no such bucket');
  for (let i = 0; i < 3; i++) faults.report('requestFinished', thrown);
  faults.report('wouldLimit', thrown);
  assert.equal(faults.count, 4);
  assert.deepEqual(logger.lines, [
    'error: A listener to requestFinished failed, and what it keeps may be incomplete: no such bucket',
    'error: A listener to wouldLimit failed, and what it keeps may be incomplete: no such bucket',
  ]);
  clock.advance(60_000);
  faults.report('requestFinished', thrown);
  assert.equal(logger.lines.length, 3);
  assert.deepEqual(logger.entries[2]?.fields, { event: 'requestFinished', err: thrown, faults: 5 });
});

test('they count among all faults of the ambassador, of which the last one is shown', () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12));
  const listeners = new ListenerFaults(clock, new RecordingLogger());
  const uncaught = new FaultRecord(new RecordingLogger(), clock);
  const all = () => allFaults(uncaught.summary(), listeners.summary());
  assert.deepEqual(all(), { count: 0, last: null });
  listeners.report('tablePublished', new TypeError('x is not a function'));
  const message = 'a listener to tablePublished failed: x is not a function';
  assert.deepEqual(all(), { count: 1, last: { at: '2026-11-23T12:00:00.000Z', message } });
  clock.advance(1_000);
  uncaught.record(new Error('something else'));
  assert.deepEqual(all(), { count: 2, last: { at: '2026-11-23T12:00:01.000Z', message: 'something else' } });
});
