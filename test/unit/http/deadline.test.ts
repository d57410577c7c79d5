import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { callTimeoutMs, withTimeLeft } from '../../../src/http/deadline.ts';

test('the caller may ask for less time than is configured, never for more', () => {
  assert.equal(callTimeoutMs([], 15_000), 15_000);
  assert.equal(callTimeoutMs(['X-Request-Timeout-Ms', '200'], 15_000), 200);
  assert.equal(callTimeoutMs(['x-request-timeout-ms', '99999'], 15_000), 15_000);
  assert.equal(callTimeoutMs(['x-request-timeout-ms', '99999'], 0), 99_999);
  assert.equal(callTimeoutMs([], 0), 0);
});

test("gRPC's units are read", () => {
  for (const [text, ms] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['250m', 250],
    ['5000u', 5],
    ['2000000n', 2],
  ] as const) {
    assert.equal(callTimeoutMs(['grpc-timeout', text], 0), ms, text);
  }
});

test('the shorter of two limits holds, and none is below a millisecond', () => {
  assert.equal(callTimeoutMs(['grpc-timeout', '1S', 'x-request-timeout-ms', '300'], 15_000), 300);
  assert.equal(callTimeoutMs(['x-request-timeout-ms', '0'], 15_000), 1);
  assert.equal(callTimeoutMs(['grpc-timeout', '1n'], 15_000), 1);
});

test('what cannot be read counts as not said', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/^\d{1,9}$|^\d{1,8}[HMSmun]$/.test(text)),
      (text) => {
        assert.equal(callTimeoutMs(['x-request-timeout-ms', text, 'grpc-timeout', text], 15_000), 15_000);
      },
    ),
  );
});

test('the time that is left is sent to the endpoint, also in gRPC terms when the caller used them', () => {
  assert.deepEqual(withTimeLeft(['A', '1', 'X-Request-Timeout-Ms', '200', 'Grpc-Timeout', '1S'], 149.7), [
    'A',
    '1',
    'Grpc-Timeout',
    '149m',
    'x-request-timeout-ms',
    '149',
  ]);
});

test('without a limit nothing is said', () => {
  const headers = ['A', '1'];
  assert.equal(withTimeLeft(headers, Number.POSITIVE_INFINITY), headers);
});
