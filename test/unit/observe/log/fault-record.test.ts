import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultRecord } from '../../../../src/observe/log/fault-record.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

function setUp() {
  const logger = new RecordingLogger();
  return { logger, faults: new FaultRecord(logger, new FakeClock(Date.UTC(2026, 10, 23, 12))) };
}

test('a fault is counted each time, and logged once for its place, whatever its message', () => {
  const { logger, faults } = setUp();
  assert.deepEqual(faults.summary(), { count: 0, last: null });
  for (let count = 1; count <= 3; count++) faults.record(new Error(`number ${count}`));
  faults.record(new Error('elsewhere'));
  assert.equal(logger.lines.length, 2);
  assert.deepEqual(faults.summary(), {
    count: 4,
    last: { at: '2026-11-23T12:00:00.000Z', message: 'elsewhere' },
  });
});

test('the places that are kept apart have a bound', () => {
  const { logger, faults } = setUp();
  for (let place = 0; place < 500; place++) {
    const fault = new Error('x');
    fault.stack = `Error: x\n    at file.ts:${place}`;
    faults.record(fault);
  }
  assert.equal(logger.lines.length, 100);
  assert.equal(faults.count, 500);
});

test('it never throws, whatever was thrown and whatever the log does', () => {
  const clock = new FakeClock();
  const fail = () => {
    throw new Error('no log');
  };
  const faults = new FaultRecord({ debug: fail, info: fail, warn: fail, error: fail }, clock);
  const strange = { toString: fail };
  for (const thrown of [undefined, null, 'text', Symbol('s'), strange, Object.create(null), new Error('x')]) {
    faults.record(thrown);
  }
  assert.equal(faults.count, 7);
});
