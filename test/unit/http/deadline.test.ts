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

test('the time that is left is sent to the endpoint', () => {
  assert.deepEqual(
    withTimeLeft(['A', '1', 'X-Request-Timeout-Ms', '200'], { untilHead: 149.7, elapsed: 50.3 }),
    ['A', '1', 'x-request-timeout-ms', '149'],
  );
});

test("what is left of a gRPC caller's deadline is sent too, of the whole call and not of its head alone", () => {
  for (const [asked, sent] of [
    ['1S', '949m'],
    ['30M', '1799949m'],
    ['99999999H', '99999999S'],
    ['28H', '100799S'],
    ['40m', '1m'],
    ['0S', '1m'],
    ['soon', 'soon'],
  ] as const) {
    const fields = withTimeLeft(['Grpc-Timeout', asked], { untilHead: 200, elapsed: 50.3 });
    assert.deepEqual(fields, ['Grpc-Timeout', sent, 'x-request-timeout-ms', '200'], asked);
  }
});

test('without a limit nothing is said', () => {
  const headers = ['A', '1'];
  assert.equal(withTimeLeft(headers, { untilHead: Number.POSITIVE_INFINITY, elapsed: 50 }), headers);
});
