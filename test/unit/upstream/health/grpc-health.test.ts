import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthCheckRequest, servingStatus } from '../../../../src/upstream/health/grpc-health.ts';

const wire = (...message: number[]) => Buffer.from([0, 0, 0, 0, message.length, ...message]);

test('a request names the service in field 1, and nothing where it asks about the whole server', () => {
  assert.deepEqual(healthCheckRequest(''), Buffer.from([0, 0, 0, 0, 0]));
  assert.deepEqual(healthCheckRequest('ab'), Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62]));
  const long = healthCheckRequest('x'.repeat(300));
  assert.deepEqual([...long.subarray(0, 8)], [0, 0, 0, 1, 47, 0x0a, 0xac, 0x02]);
  assert.equal(long.length, 5 + 303);
});

test('the status is field 1; UNKNOWN is the value that protobuf does not write', () => {
  assert.equal(servingStatus(wire(0x08, 1)), 'SERVING');
  assert.equal(servingStatus(wire(0x08, 2)), 'NOT_SERVING');
  assert.equal(servingStatus(wire(0x08, 3)), 'SERVICE_UNKNOWN');
  assert.equal(servingStatus(wire()), 'UNKNOWN');
});

test('fields that are not known are passed over, and of one that comes twice the last counts', () => {
  const others = [0x12, 2, 7, 7, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 0x28, 0xff, 0x01];
  assert.equal(servingStatus(wire(...others, 0x08, 2, 0x08, 1)), 'SERVING');
});

test('what is cut short, compressed or no message of protobuf is no status', () => {
  for (const bad of [
    Buffer.alloc(0),
    Buffer.from([0, 0, 0, 0, 2, 0x08]),
    Buffer.from([1, 0, 0, 0, 2, 0x08, 1]),
    wire(0x08),
    wire(0x08, 0x81),
    wire(0x12, 9, 1),
    wire(0x0b),
    wire(0x08, 9),
    wire(...Array<number>(12).fill(0xff)),
  ]) {
    assert.equal(servingStatus(bad), undefined, bad.toString('hex'));
  }
});
