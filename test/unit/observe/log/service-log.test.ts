import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transition } from '../../../../src/endpoint/ejection.ts';
import { ServiceLog } from '../../../../src/observe/log/service-log.ts';
import { withoutRepeats } from '../../../../src/observe/without-repeats.ts';
import { observed } from '../../../support/observed.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const AUTHORITY = '10.0.0.7:8080';
const COMMON = { endpointId: 'node/a', at: 0, share: { ejected: 1, total: 3, cap: 1 } };
const VERDICT = {
  ...COMMON,
  reason: 'consecutive_5xx',
  detection: { reason: 'consecutive_5xx', observed: 5, threshold: 5, requests: 5 },
} as const;

describe('endpoint tables', () => {
  it('are logged with their counts and the ids that changed', () => {
    const { logger, log } = setUp();
    const [a, b] = [testEndpoint(1), testEndpoint(2)];
    const diff = { added: [a], removed: [], changed: [{ before: b, after: b }] };
    log.tablePublished('payments', { version: 3, endpoints: [a, b] }, diff, 'registry');
    assert.deepEqual(logger.lines, [
      'info: payments has 2 endpoints in the registry (1 added, 1 changed): 2 at 127.0.0.1:2 is registered otherwise, 1 at 127.0.0.1:1 is new.',
    ]);
    assert.deepEqual(logger.entries[0]?.fields, {
      service: 'payments',
      tableVersion: 3,
      provenance: 'registry',
      endpoints: 2,
      added: ['node/1'],
      removed: [],
      changed: ['node/2'],
    });
  });

  it('name ten endpoints at most', () => {
    const { logger, log } = setUp();
    const endpoints = Array.from({ length: 400 }, (_, i) => testEndpoint(i + 1));
    log.tablePublished(
      'payments',
      { version: 1, endpoints },
      { added: endpoints, removed: [], changed: [] },
      'registry',
    );
    const fields = logger.entries[0]?.fields;
    assert.ok(fields !== undefined && 'added' in fields && Array.isArray(fields.added));
    assert.equal(fields.added.length, 11);
    assert.equal(fields.added[10], 'and 390 more');
  });
});

describe('a failure of discovery', () => {
  it('is logged once for each kind, not for each try, and so is its end', () => {
    const { logger, log } = setUp();
    log.discoveryFailed('payments', { kind: 'unreachable', detail: 'connection refused' });
    log.discoveryFailed('payments', { kind: 'unreachable', detail: 'connection refused' });
    log.discoveryFailed('payments', { kind: 'server_error', detail: 'no leader' });
    log.discoveryRecovered('payments');
    log.discoveryFailed('payments', { kind: 'server_error', detail: 'no leader' });
    assert.deepEqual(
      logger.lines.map((line) => line.split(':')[0]),
      ['warn', 'warn', 'info', 'warn'],
    );
    assert.match(
      logger.lines[0] ?? '',
      /The endpoints of payments cannot be read, and the last known ones, if any, stay in use: connection refused/,
    );
  });

  it('is logged anew for a service that was closed and opened again', () => {
    const { logger, log } = setUp();
    log.discoveryFailed('payments', { kind: 'unreachable', detail: 'refused' });
    log.serviceClosed('payments');
    log.discoveryFailed('payments', { kind: 'unreachable', detail: 'refused' });
    assert.equal(logger.entries.filter(({ level }) => level === 'warn').length, 2);
  });
});

describe('outlier detection', () => {
  const told: readonly (readonly [Transition, string])[] = [
    [
      { ...VERDICT, type: 'ejected', durationMs: 30_000 },
      'warn: 10.0.0.7:8080 of payments is ejected for 30 s: 5 failures in a row (consecutive_5xx); 1 of 3 endpoints is out, at most 1 may be.',
    ],
    [
      {
        ...COMMON,
        type: 'ejected',
        reason: 'operator',
        detection: undefined,
        durationMs: Number.POSITIVE_INFINITY,
      },
      'warn: 10.0.0.7:8080 of payments is ejected by an operator until further notice; 1 of 3 endpoints is out, at most 1 may be.',
    ],
    [
      { ...COMMON, type: 'ejected', reason: 'probe_failure', detection: undefined, durationMs: 60_000 },
      'warn: 10.0.0.7:8080 of payments is ejected for 60 s: its trial request failed; 1 of 3 endpoints is out, at most 1 may be.',
    ],
    [
      {
        ...COMMON,
        type: 'would_eject',
        reason: 'success_rate',
        detection: { reason: 'success_rate', observed: 61.238, threshold: 90, requests: 120 },
      },
      'warn: 10.0.0.7:8080 of payments would be ejected if the rule were enforced: 61.2 % of 120 requests succeeded, threshold 90 % (success_rate).',
    ],
    [
      { ...VERDICT, type: 'ejection_refused_by_cap', share: { ejected: 0, total: 1, cap: 0 } },
      'warn: 10.0.0.7:8080 of payments stays in use despite its failures: 5 failures in a row (consecutive_5xx); 0 of 1 endpoint is out, at most 0 may be.',
    ],
    [
      { ...COMMON, type: 'probing' },
      'info: The ejection of 10.0.0.7:8080 of payments is over; one trial request decides whether it returns.',
    ],
    [
      { ...COMMON, type: 'returned', share: { ejected: 0, total: 3, cap: 1 } },
      'info: 10.0.0.7:8080 of payments is back; 0 of 3 endpoints are out, at most 1 may be.',
    ],
    [
      { ...COMMON, type: 'unejected_by_operator', share: { ejected: 0, total: 3, cap: 1 } },
      'info: 10.0.0.7:8080 of payments was let back by an operator; 0 of 3 endpoints are out, at most 1 may be.',
    ],
  ];
  for (const [transition, line] of told) {
    it(`tells in a sentence: ${line}`, () => {
      const { logger, log } = setUp();
      log.outlierTransition('payments', AUTHORITY, transition);
      assert.deepEqual(logger.lines, [line]);
    });
  }

  it('tells of an ejection that is not made once a minute, however often and by whichever rule it is detected', () => {
    const { logger, log } = setUp();
    for (let at = 0; at < 120_000; at += 500) {
      // Several rules detect it, each at its own time.
      const reason = at % 1_000 === 0 ? 'consecutive_gateway_failure' : 'windowed_failure_ratio';
      log.outlierTransition('payments', AUTHORITY, {
        ...VERDICT,
        type: 'ejection_refused_by_cap',
        reason,
        at,
      });
    }
    assert.equal(logger.entries.length, 2);
  });
});

describe('panic', () => {
  it('is logged when it begins, with what it means, and when it ends', () => {
    const { logger, log } = setUp();
    log.panicChanged('payments', 'all_ejected');
    log.panicChanged('payments', 'none');
    assert.deepEqual(logger.lines, [
      'warn: payments is in panic: every usable endpoint is ejected, so that requests go to them all the same.',
      'info: payments is out of panic.',
    ]);
  });
});

function setUp() {
  const logger = new RecordingLogger();
  return { logger, log: observed(withoutRepeats(observed(new ServiceLog(logger)))) };
}
