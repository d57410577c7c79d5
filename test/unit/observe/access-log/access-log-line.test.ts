import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Reason } from '../../../../src/core/reasons.ts';
import { REASONS } from '../../../../src/core/reasons.ts';
import type { RequestFacts } from '../../../../src/core/request-facts.ts';
import { AccessLogLines } from '../../../../src/observe/access-log/access-log-line.ts';
import { plainAccessLogLine } from '../../../support/plain-access-log-line.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

describe('a line of the access log', () => {
  it('tells a request from its beginning to its end', () => {
    const line = parsed(
      requestFacts({
        status: 502,
        reason: 'upstream_reset',
        detail: 'it closed early',
        flags: ['UC', 'URX'],
        durationMs: 12.34567,
        attempts: [
          attemptFacts({
            headMs: undefined,
            status: undefined,
            failure: 'connect_failure',
            failureDetail: 'refused',
          }),
          attemptFacts({ endpointId: 'node/payments-2', authority: '10.0.0.8:8080', status: 200 }),
        ],
      }),
    );
    assert.deepEqual(line, {
      log: 'access',
      time: '2026-01-01T00:00:00.000Z',
      requestId: 'request-1',
      method: 'GET',
      path: '/payments/charge',
      httpVersion: '1.1',
      service: 'payments',
      addressing: 'path',
      status: 502,
      reason: 'upstream_reset',
      detail: 'it closed early',
      flags: ['UC', 'URX'],
      attempts: [
        { endpoint: '10.0.0.7:8080', id: 'node/payments-1', failure: 'connect_failure', detail: 'refused' },
        { endpoint: '10.0.0.8:8080', id: 'node/payments-2', status: 200, headMs: 10 },
      ],
      durationMs: 12.346,
      headMs: 11,
      bytesSent: 100,
    });
  });

  it('tells what each attempt of a gRPC call came to', () => {
    const attempts = [
      attemptFacts({ status: 200, grpcStatus: 14 }),
      attemptFacts({ status: 200, grpcStatus: 0 }),
    ];
    const line = parsed(requestFacts({ status: 200, grpcStatus: 0, attempts }));
    const attempt = { endpoint: '10.0.0.7:8080', id: 'node/payments-1', status: 200, headMs: 10 };
    assert.deepEqual(
      [line['grpcStatus'], line['attempts']],
      [
        0,
        [
          { ...attempt, grpcStatus: 14 },
          { ...attempt, grpcStatus: 0 },
        ],
      ],
    );
  });

  it('leaves the query out', () => {
    assert.equal(pathFor('/payments/charge?card=4111&token=secret'), '/payments/charge');
    assert.equal(pathFor('/?token=secret'), '/');
  });

  it('leaves the authority of an absolute target out, with any password in it', () => {
    assert.equal(pathFor('http://user:secret@payments.service.consul/charge?x=1'), '/charge');
    assert.equal(pathFor('http://user:secret@payments.service.consul'), '/');
    assert.equal(pathFor('http://payments.service.consul?token=secret'), '/');
  });

  it('keeps a path that holds a URL, and the form *', () => {
    assert.equal(pathFor('/proxy/http://example.com/a'), '/proxy/http://example.com/a');
    assert.equal(pathFor('*'), '*');
  });

  it('cuts what a caller made overlong', () => {
    assert.equal(pathFor(`/${'a'.repeat(30_000)}`).length, 2_049);
    assert.equal(String(parsed(requestFacts({ requestId: 'x'.repeat(30_000) }))['requestId']).length, 256);
  });

  it('marks an upgraded connection', () => {
    assert.equal(parsed(requestFacts({ upgraded: true }))['upgraded'], true);
  });

  it('says of a share of the requests which share it is', () => {
    assert.equal(JSON.parse(new AccessLogLines().line(requestFacts(), 0.01)).sample, 0.01);
    assert.equal('sample' in parsed(requestFacts()), false);
  });

  it('is one line of JSON that says what the request was, whatever strings and figures came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyFacts, fc.constantFrom(1, 0.25, 0.01)), { maxLength: 5 }),
        (requests) => {
          const lines = new AccessLogLines();
          for (const [facts, share] of requests) {
            const line = lines.line(facts, share);
            assert.equal(line.indexOf('\n'), line.length - 1);
            assert.equal(line, plainAccessLogLine(facts, share));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('stays the same while a service has more endpoints than are kept', () => {
    const lines = new AccessLogLines();
    for (let i = 0; i < 9_000; i++) {
      const attempts = [attemptFacts({ endpointId: `node/${i % 4_500}`, authority: `10.0.0.7:${i}` })];
      const facts = requestFacts({ attempts, service: `service-${i % 4_500}` });
      assert.equal(lines.line(facts, 1), plainAccessLogLine(facts, 1));
    }
  });
});

/** With halves of surrogate pairs, which no string of an HTTP message has, but which JSON must survive. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff })), {
      maxLength: 30,
    })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('"', '\\', '\ud83d', '\udca9\ud83d', '💩', '\u0000', '\u007f', '\u2028', 'é', '', '/a?b'),
);

const anyMs = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.double({ min: 0, max: 2, noNaN: true }),
  fc.integer({ min: 0, max: 5_000 }).map((tenThousandths) => tenThousandths / 10_000),
  fc.double(),
);

const anyStatus = fc.integer({ min: 100, max: 599 });
const anyBytes = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyReason = fc.constantFrom(...(Object.keys(REASONS) as Reason[]), undefined);

const anyFacts: fc.Arbitrary<RequestFacts> = fc.record({
  requestId: anyText,
  startedAtWall: fc.oneof(
    fc.nat({ max: 8_640_000_000_000_000 }),
    fc.double({ min: 0, max: 4e12, noNaN: true }),
    fc.constantFrom(1_795_767_000_999.999, 1_795_767_001_000, 1_795_767_001_009, 1_795_767_001_010),
  ),
  startedAt: fc.constant(0),
  method: fc.oneof(fc.constantFrom('GET', 'POST'), anyText),
  target: anyText,
  httpVersion: fc.oneof(fc.constantFrom('1.1', '1.0', '2'), anyText),
  service: fc.oneof(fc.constantFrom('payments', ''), anyText),
  addressing: fc.constantFrom('listener', 'header', 'host', 'path', undefined),
  status: anyStatus,
  reason: anyReason,
  detail: fc.option(anyText, { nil: undefined }),
  flags: fc.subarray(['UF', 'URX', 'PA', 'HG']),
  attempts: fc.array(
    fc.record({
      endpointId: fc.oneof(fc.constantFrom('node/a', 'node/b'), anyText),
      authority: fc.oneof(fc.constantFrom('10.0.0.7:80', '10.0.0.8:80'), anyText),
      startedAt: fc.constant(0),
      headMs: fc.option(anyMs, { nil: undefined }),
      status: fc.option(anyStatus, { nil: undefined }),
      failure: anyReason,
      failureDetail: fc.option(anyText, { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  durationMs: anyMs,
  headMs: fc.option(anyMs, { nil: undefined }),
  bytesReceived: anyBytes,
  bytesSent: anyBytes,
  upgraded: fc.boolean(),
  traceId: fc.option(anyText, { nil: undefined }),
});

function parsed(facts: RequestFacts): Record<string, unknown> {
  return JSON.parse(new AccessLogLines().line(facts, 1));
}

function pathFor(target: string): string {
  return String(parsed(requestFacts({ target }))['path']);
}
