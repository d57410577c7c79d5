import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RequestFacts } from '../../../../src/core/request-facts.ts';
import { accessLogLine } from '../../../../src/observe/access-log/access-log-line.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

describe('accessLogLine', () => {
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

  it('is one line whatever a caller sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (target, requestId) => {
        const line = accessLogLine(requestFacts({ target, requestId }));
        assert.equal(line.indexOf('\n'), line.length - 1);
        assert.equal(parsed(requestFacts({ requestId }))['requestId'], requestId);
      }),
    );
  });
});

function parsed(facts: RequestFacts): Record<string, unknown> {
  return JSON.parse(accessLogLine(facts));
}

function pathFor(target: string): string {
  return String(parsed(requestFacts({ target }))['path']);
}
