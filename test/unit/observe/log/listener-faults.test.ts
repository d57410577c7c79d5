import assert from 'node:assert/strict';
import { test } from 'node:test';
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
