import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOutcome, responseOutcome } from '../../../src/core/outcome.ts';

test('The outcome of a status is one object, made once', () => {
  assert.deepEqual(responseOutcome(503), { kind: 'response', status: 503 });
  assert.equal(responseOutcome(503), responseOutcome(503));
  assert.equal(responseOutcome(100).status, 100);
  assert.equal(responseOutcome(599).status, 599);
});

test('A status beyond those of HTTP still has an outcome', () => {
  assert.deepEqual(responseOutcome(999), { kind: 'response', status: 999 });
  assert.deepEqual(responseOutcome(42), { kind: 'response', status: 42 });
});

test('The outcome of a failure names it', () => {
  for (const failure of ['connect_failure', 'timeout', 'reset', 'protocol_error'] as const) {
    assert.deepEqual(localOutcome(failure), { kind: 'local', failure });
  }
});
