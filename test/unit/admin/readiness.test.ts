import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReadinessFacts } from '../../../src/admin/readiness.ts';
import { readiness } from '../../../src/admin/readiness.ts';

const READY: ReadinessFacts = {
  draining: false,
  listening: true,
  declared: [{ name: 'payments', hasTable: true }],
  catalogAnswered: true,
  hasSnapshot: false,
};

describe('readiness', () => {
  it('is reached when everything declared is known and Consul has answered', () => {
    assert.deepEqual(readiness(READY), { status: 'ready', waitingFor: [] });
  });

  it('waits for each declared service, by name', () => {
    const declared = [...READY.declared, { name: 'fraud', hasTable: false }];
    assert.deepEqual(readiness({ ...READY, declared }), {
      status: 'starting',
      waitingFor: ['The endpoints of fraud are not known yet.'],
    });
  });

  it('waits for the first answer of Consul, unless a snapshot is in hand', () => {
    assert.equal(readiness({ ...READY, catalogAnswered: false }).status, 'starting');
    assert.equal(readiness({ ...READY, catalogAnswered: false, hasSnapshot: true }).status, 'ready');
  });

  it('says how to do without Consul where endpoints stand in the file', () => {
    const waitedFor = (hasTable: boolean): string =>
      readiness({
        ...READY,
        catalogAnswered: false,
        declared: [{ name: 'orders', hasTable }],
      }).waitingFor.join();
    assert.match(
      waitedFor(true),
      /earlier run; with discovery\.services: declared, only the services of the file/,
    );
    assert.doesNotMatch(waitedFor(false), /declared/);
  });

  it('tells what keeps Consul from answering', () => {
    const catalogFailure = 'Consul: connect ECONNREFUSED 127.0.0.1:8500';
    const { waitingFor } = readiness({ ...READY, catalogAnswered: false, catalogFailure });
    assert.match(
      waitingFor.join(),
      /not listed its services yet \(Consul: connect ECONNREFUSED 127\.0\.0\.1:8500\), and/,
    );
  });

  it('waits for the listeners', () => {
    assert.equal(readiness({ ...READY, listening: false }).status, 'starting');
  });

  it('ends with draining, whatever else holds', () => {
    assert.deepEqual(readiness({ ...READY, draining: true, catalogAnswered: false }), {
      status: 'draining',
      waitingFor: [],
    });
  });
});
