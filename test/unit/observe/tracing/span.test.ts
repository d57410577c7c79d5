import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestFacts } from '../../../../src/core/request-facts.ts';
import type { Span } from '../../../../src/observe/tracing/span.ts';
import { spansOf } from '../../../../src/observe/tracing/span.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

const TRACED = { traceId: 'a'.repeat(32), span: { id: 'b'.repeat(16), parentId: 'c'.repeat(16) } };
const WALL = Date.UTC(2026, 0, 1);

function spans(given: Partial<RequestFacts>): [Span, ...Span[]] {
  const [first, ...rest] = spansOf(requestFacts({ ...TRACED, ...given }));
  assert.ok(first);
  return [first, ...rest];
}

function tracedAttempt(given = {}) {
  return attemptFacts({ spanId: 'd'.repeat(16), endMs: 12, ...given });
}

test('a request whose trace is not sampled has no spans', () => {
  assert.deepEqual(spansOf(requestFacts()), []);
  assert.deepEqual(spansOf(requestFacts({ traceId: 'a'.repeat(32), span: undefined })), []);
});

test('attempts stand within their request, in time and as its children', () => {
  const [request, attempt] = spans({
    startedAt: 5_000,
    attempts: [tracedAttempt({ startedAt: 5_000.25 })],
  });
  assert.equal(request.parentId, 'c'.repeat(16));
  assert.equal(request.parentIsRemote, true);
  assert.deepEqual([request.startMs, request.endMs], [WALL, WALL + 12.5]);
  assert.equal(attempt?.parentId, request.spanId);
  assert.equal(attempt.parentIsRemote, false);
  assert.deepEqual([attempt.startMs, attempt.endMs], [WALL + 0.25, WALL + 12.25]);
});

test('an attempt that was still under way ends with its request', () => {
  const [request, attempt] = spans({ attempts: [tracedAttempt({ endMs: undefined })] });
  assert.equal(attempt?.endMs, request.endMs);
});

test('the attempt that became a tunnel lasts as long as the tunnel', () => {
  const attempts = [
    tracedAttempt({ status: 503, endMs: 1 }),
    tracedAttempt({ status: 101, startedAt: 2, endMs: 3 }),
  ];
  const [request, first, second] = spans({ status: 101, upgraded: true, durationMs: 60_000, attempts });
  assert.equal(request.endMs, WALL + 60_000);
  assert.equal(first?.endMs, WALL + 1);
  assert.equal(second?.endMs, WALL + 60_000);
});

test('names do not grow with what callers make up', () => {
  assert.equal(spans({ method: 'POST' })[0].name, 'POST payments');
  assert.equal(spans({ method: 'POST', service: '' })[0].name, 'POST');
  const [made] = spans({ method: 'BREW' });
  assert.equal(made.name, 'HTTP payments');
  assert.equal(made.attributes['http.request.method'], '_OTHER');
  assert.equal(made.attributes['http.request.method_original'], 'BREW');
});

test('a 4xx is an error of the attempt that got it, not of the request', () => {
  const [request, attempt] = spans({ status: 404, attempts: [tracedAttempt({ status: 404 })] });
  assert.equal(request.error, undefined);
  assert.equal(request.attributes['error.type'], undefined);
  assert.equal(attempt?.error, 'status 404');
  assert.equal(attempt.attributes['error.type'], '404');
});

test('a 5xx of an endpoint is an error of both', () => {
  const [request, attempt] = spans({ status: 503, attempts: [tracedAttempt({ status: 503 })] });
  assert.equal(request.attributes['error.type'], '503');
  assert.equal(attempt?.attributes['error.type'], '503');
});

test('a failure of ours is an error by its reason, with what it says for people', () => {
  const [request] = spans({ status: 503, reason: 'circuit_open', detail: 'payments is down.', attempts: [] });
  assert.equal(request.error, 'payments is down.');
  assert.equal(request.attributes['error.type'], 'circuit_open');
  assert.equal(request.attributes['ambassador.reason'], 'circuit_open');
});

test('an answer that broke off after its head is an error though its status was good', () => {
  const [request] = spans({ status: 200, reason: 'upstream_reset' });
  assert.equal(request.attributes['error.type'], 'upstream_reset');
  assert.notEqual(request.error, undefined);
});

test('a caller’s own fault is no error, but its reason is there', () => {
  for (const [reason, status] of [
    ['client_gone', 499],
    ['rate_limited', 429],
    ['unknown_service', 404],
  ] as const) {
    const [request] = spans({ status, reason, attempts: [] });
    assert.equal(request.error, undefined, reason);
    assert.equal(request.attributes['ambassador.reason'], reason);
  }
});

test('the slower attempt of a hedge is no error', () => {
  const slower = tracedAttempt({ status: undefined, headMs: undefined, failure: 'client_gone' });
  const [, attempt] = spans({ attempts: [slower] });
  assert.equal(attempt?.error, undefined);
  assert.equal(attempt?.attributes['error.type'], undefined);
});

test('an attempt names its endpoint, its service and how often the request was sent before', () => {
  const attempts = [
    tracedAttempt({ failure: 'connect_failure', failureDetail: 'ECONNREFUSED', status: undefined }),
    tracedAttempt({ authority: '[::1]:8080', service: 'payments-eu' }),
  ];
  const [, first, second] = spans({ attempts });
  assert.equal(first?.error, 'ECONNREFUSED');
  assert.equal(first.attributes['http.request.resend_count'], undefined);
  assert.equal(first.attributes['peer.service'], 'payments');
  assert.equal(second?.attributes['server.address'], '::1');
  assert.equal(second.attributes['server.port'], 8080);
  assert.equal(second.attributes['peer.service'], 'payments-eu');
  assert.equal(second.name, 'GET payments-eu');
  assert.equal(second.attributes['http.request.resend_count'], 1);
});

test('paths come without query and authority, and as the endpoint got them', () => {
  const url = (given: Partial<RequestFacts>) => {
    const [request, attempt] = spans({ attempts: [tracedAttempt()], ...given });
    return [request.attributes['url.path'], attempt?.attributes['url.full']];
  };
  const at = 'http://10.0.0.7:8080';
  assert.deepEqual(url({ target: '/payments/charge?key=1' }), ['/payments/charge', `${at}/charge`]);
  assert.deepEqual(url({ target: '/payments' }), ['/payments', `${at}/`]);
  assert.deepEqual(url({ target: '/charge', addressing: 'host' }), ['/charge', `${at}/charge`]);
  assert.deepEqual(url({ target: 'http://me:pw@payments/a?b', addressing: 'host' }), ['/a', `${at}/a`]);
});

test('what callers can make long is cut', () => {
  const [request] = spans({ target: `/payments/${'x'.repeat(10_000)}`, requestId: 'y'.repeat(10_000) });
  assert.ok(String(request.attributes['url.path']).length < 2_100);
  assert.equal(String(request.attributes['ambassador.request_id']).length, 256);
});

test('a gRPC call has its status, and fails by it', () => {
  const attempts = [
    tracedAttempt({ status: 200, grpcStatus: 14 }),
    tracedAttempt({ status: 200, grpcStatus: 5 }),
  ];
  const [request, first, second] = spans({ method: 'POST', status: 200, grpcStatus: 5, attempts });
  assert.deepEqual([request.error, request.attributes['rpc.grpc.status_code']], [undefined, 5]);
  assert.deepEqual(
    [first, second].map((span) => [span?.error, span?.attributes['error.type']]),
    [
      ['status UNAVAILABLE', 'UNAVAILABLE'],
      ['status NOT_FOUND', 'NOT_FOUND'],
    ],
  );
  const [failed] = spans({ method: 'POST', status: 200, grpcStatus: 14 });
  assert.deepEqual([failed.error, failed.attributes['error.type']], ['status UNAVAILABLE', 'UNAVAILABLE']);
  const [unknown] = spans({ status: 200, grpcStatus: 12, reason: 'unknown_service', attempts: [] });
  assert.equal(unknown.error, undefined);
});
