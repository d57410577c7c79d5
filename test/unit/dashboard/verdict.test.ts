import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listed, verdict } from '../../../src/dashboard/browser/verdict.ts';
import type { Overview, ServiceOverview } from '../../../src/dashboard/browser/wire.ts';
import { scriptedWorld } from '../../support/scripted-world.ts';

const { overview: healthy } = scriptedWorld({ services: { fraud: 2, inventory: 2, payments: 3 } });

/** The healthy overview, with some services spoilt. */
function spoilt(
  changes: Readonly<Record<string, Partial<ServiceOverview>>>,
  news: Partial<Overview> = {},
): Overview {
  return {
    ...healthy,
    services: healthy.services.map((service) => ({ ...service, ...changes[service.name] })),
    ...news,
  };
}

function counts(news: Partial<ServiceOverview['endpointCounts']>): Pick<ServiceOverview, 'endpointCounts'> {
  const none = { available: 0, ejected: 0, probing: 0, critical: 0, maintenance: 0, drained: 0 };
  const given = { ...none, no_port: 0, zero_weight: 0, bad_address: 0, forbidden_address: 0, ...news };
  return { endpointCounts: { ...given, total: Object.values(given).reduce((sum, count) => sum + count, 0) } };
}

const open = {
  state: 'open',
  since: healthy.at,
  opensForMs: 4_200,
  calls: 20,
  failures: 20,
  slow: 0,
} as const;
const failing = { perSecond: 10, errorRatio: 1, p50Ms: 1, p90Ms: 1, p99Ms: 1 };

describe('the first line of the dashboard', () => {
  test('says that all is well', () => {
    assert.equal(verdict(healthy, []).headline, 'All 3 services answer.');
    assert.equal(verdict(healthy, []).level, 'ok');
  });

  test('is the one problem when there is just one', () => {
    const { headline, level } = verdict(spoilt({ payments: counts({ available: 2, ejected: 1 }) }), []);
    assert.equal(headline, 'payments: 1 of 3 endpoints ejected.');
    assert.equal(level, 'warning');
  });

  test('tells since when one is ejected, when the timeline does', () => {
    const at = new Date(Date.parse(healthy.at) - 18_000).toISOString();
    const detail = { event: 'ejected' };
    const entry = {
      id: 1,
      at,
      service: 'payments',
      kind: 'ejection',
      severity: 'warning',
      summary: '',
      detail,
    } as const;
    const { headline } = verdict(spoilt({ payments: counts({ available: 2, ejected: 1 }) }), [entry]);
    assert.equal(headline, 'payments: 1 of 3 endpoints ejected 18 s ago.');
  });

  test('counts the services in trouble when there are more, and lists them with the worst first', () => {
    const overview = spoilt({ fraud: counts({ available: 1, critical: 1 }), payments: { circuit: open } });
    const { headline, level, problems } = verdict(overview, []);
    assert.equal(headline, '2 of 3 services need attention.');
    assert.equal(level, 'error');
    assert.deepEqual(
      problems.map(({ service, text }) => [service, text]),
      [
        ['payments', 'the circuit is open, calls are refused for another 4 s.'],
        ['fraud', '1 of 2 endpoints critical in Consul.'],
      ],
    );
  });

  test('tells of no failing calls where an open circuit explains them', () => {
    const { headline } = verdict(spoilt({ payments: { circuit: open, rates: failing } }), []);
    assert.equal(headline, 'payments: the circuit is open, calls are refused for another 4 s.');
  });

  test('says why a circuit opened, when the timeline does', () => {
    const entry = {
      id: 1,
      at: healthy.at,
      service: 'payments',
      kind: 'circuit',
      severity: 'error',
      summary: '',
      detail: { to: 'open', why: '18 of 18 calls failed: connection refused by 3 of 3.' },
    } as const;
    assert.equal(
      verdict(spoilt({ payments: { circuit: open } }), [entry]).headline,
      'payments: the circuit is open, calls are refused for another 4 s (18 of 18 calls failed: connection refused by 3 of 3).',
    );
  });

  test('says who did what an operator did, and why, and the reason of a maintenance', () => {
    const action = {
      service: 'payments',
      endpoint: 'node-1/payments-1',
      operation: 'drain',
      value: null,
      who: 'anna',
      why: 'deploying v2',
      since: healthy.at,
      until: null,
    } as const;
    const payments = { ...counts({ available: 1, drained: 1, maintenance: 1 }), maintenance: 'new disk' };
    const { headline, level } = verdict({ ...spoilt({ payments }), standing: [action] }, []);
    assert.equal(level, 'info');
    assert.equal(
      headline,
      'payments: 1 of 3 endpoints in maintenance (new disk), 1 drained by anna (deploying v2), as planned.',
    );
  });

  test('says where requests go that an operator sends elsewhere, also of a service that has no instance', () => {
    const override = {
      address: 'localhost:4000',
      since: healthy.at,
      until: null,
      who: 'ada',
      why: 'trying v3',
    };
    const all = spoilt({ payments: { ...counts({}), override: { ...override, header: null } } });
    assert.deepEqual(
      [verdict(all, []).level, verdict(all, []).headline],
      ['info', 'payments: requests sent to localhost:4000 by ada (trying v3).'],
    );
    const some = spoilt({ payments: { override: { ...override, header: 'x-dev: me', why: null } } });
    assert.equal(
      verdict(some, []).headline,
      'payments: requests with x-dev: me sent to localhost:4000 by ada.',
    );
    const none = spoilt({ payments: { ...counts({}), override: { ...override, header: 'x-dev: me' } } });
    assert.equal(verdict(none, []).level, 'error');
  });

  test('does not paint what an operator planned as a failure', () => {
    const { headline, level } = verdict(spoilt({ payments: counts({ maintenance: 2, drained: 1 }) }), []);
    assert.equal(level, 'info');
    assert.equal(
      headline,
      'payments: 2 of 3 endpoints in maintenance, 1 drained by an operator, as planned; calls are refused meanwhile.',
    );
  });

  test('says by whom an endpoint is ejected rather than since when another one was', () => {
    const action = {
      service: 'payments',
      endpoint: 'node-1/payments-1',
      operation: 'eject',
      value: null,
      who: 'kim',
      why: 'deploying v2',
      since: healthy.at,
      until: null,
    } as const;
    const overview = spoilt({ payments: counts({ available: 2, ejected: 1 }) });
    const { headline, level } = verdict({ ...overview, standing: [action] }, []);
    assert.equal(level, 'info');
    assert.equal(headline, 'payments: 1 of 3 endpoints ejected by kim (deploying v2).');
  });

  test('says where requests go that another tier serves, before which endpoints are out', () => {
    const failovers = [{ from: 'payments', to: 'payments@dc2', isEmpty: true }];
    const overview = spoilt({ payments: { ...counts({ available: 2, critical: 1 }), failovers } });
    assert.equal(
      verdict(overview, []).headline,
      'payments: requests go to payments@dc2, since payments has no endpoint to use; 1 of 3 endpoints critical in Consul.',
    );
  });

  test('lists what is wrong with the ambassador itself however many services are in trouble', () => {
    const { services } = healthy;
    const [one] = services;
    assert.ok(one !== undefined);
    const many = Array.from({ length: 9 }, (_, i) => ({ ...one, name: `failing-${i}`, circuit: open }));
    const snapshotFault = { since: healthy.at, message: 'ENOSPC: no space left on device, write' };
    const { problems } = verdict({ ...healthy, services: many, snapshotFault }, []);
    const { shown, more } = listed(problems);
    assert.equal(more, 4);
    assert.deepEqual(
      shown.map(({ service, about }) => service ?? about),
      ['failing-0', 'failing-1', 'failing-2', 'failing-3', 'failing-4', 'the snapshot'],
    );
  });

  test('names what is wrong with registrations', () => {
    const overview = spoilt({ payments: counts({ available: 1, no_port: 1, forbidden_address: 1 }) });
    assert.equal(
      verdict(overview, []).headline,
      'payments: 2 of 3 endpoints cannot be called as registered (1 no port, 1 forbidden address).',
    );
  });

  test('joins the sentences of a circuit that opens again and again', () => {
    const why = 'It opened four times since 18:24:34 UTC. Of 2 probes 2 failed: 503 from 2 of 2.';
    const entry = {
      id: 1,
      at: healthy.at,
      service: 'payments',
      kind: 'circuit',
      severity: 'error',
      summary: '',
      detail: { to: 'open', why },
    } as const;
    assert.equal(
      verdict(spoilt({ payments: { circuit: open } }), [entry]).headline,
      'payments: the circuit is open, calls are refused for another 4 s (opened four times since 18:24:34 UTC: of 2 probes 2 failed: 503 from 2 of 2).',
    );
  });

  test('does not paint a circuit that an operator isolated as a failure', () => {
    const circuit = { ...open, state: 'isolated', opensForMs: null } as const;
    const { headline, level } = verdict(spoilt({ payments: { circuit, rates: failing } }), []);
    assert.equal(level, 'info');
    assert.equal(headline, 'payments: isolated by an operator; calls are refused.');
  });

  test('does not say for another 0 s of a circuit whose time is over', () => {
    const { headline } = verdict(spoilt({ payments: { circuit: { ...open, opensForMs: 0 } } }), []);
    assert.equal(headline, 'payments: the circuit is open, and the next call shows whether it closes.');
    const nearly = verdict(spoilt({ payments: { circuit: { ...open, opensForMs: 300 } } }), []);
    assert.equal(nearly.headline, 'payments: the circuit is open, calls are refused for another 1 s.');
  });

  test('says why calls fail', () => {
    const payments = { rates: failing, failureCause: 'connection refused by 2 of 3' };
    assert.equal(
      verdict(spoilt({ payments }), []).headline,
      'payments: 100\u2009% of calls fail (connection refused by 2 of 3).',
    );
  });

  test('tells why no endpoint can be used', () => {
    const { headline } = verdict(
      spoilt({ payments: { ...counts({ critical: 2, drained: 1 }), rates: failing } }),
      [],
    );
    assert.equal(headline, 'payments: none of its 3 endpoints can be used (2 critical, 1 drained).');
  });

  test('takes a share of too few calls for no trouble', () => {
    const rates = { ...failing, perSecond: 0.1 };
    assert.equal(verdict(spoilt({ payments: { rates } }), []).level, 'ok');
  });

  test('says why the application is not found by others', () => {
    const registration = {
      service: 'orders',
      id: 'orders-host-8080',
      state: 'waiting_for_port' as const,
      since: healthy.at,
      failure: null,
      portFault: 'connect ECONNREFUSED 127.0.0.1:8080',
    };
    assert.equal(
      verdict(spoilt({}, { registration }), []).headline,
      'orders may not be found by others: its port does not answer: connect ECONNREFUSED 127.0.0.1:8080.',
    );
    const registered = { ...registration, state: 'registered' as const, portFault: null };
    assert.equal(verdict(spoilt({}, { registration: registered }), []).level, 'ok');
  });

  test('names a refused configuration with its place', () => {
    const problems = [
      { file: 'ambassador.yaml', line: 12, column: 5, key: 'listen', message: 'expected a port' },
    ];
    const refused = { at: healthy.at, problems };
    const { headline } = verdict(spoilt({}, { configuration: { ...healthy.configuration, refused } }), []);
    assert.equal(
      headline,
      'The changed configuration was refused (line 12:5, listen: expected a port); the one before stays in force.',
    );
  });

  test('says of Consul alone that it does not answer, and not of every service', () => {
    const failure = { kind: 'unreachable', detail: 'connect ECONNREFUSED' } as const;
    const tables = Object.fromEntries(
      healthy.services.map(({ name, table }) => [name, { table: { ...table, failure } }]),
    );
    const consul = { state: 'failing', since: healthy.at, detail: failure.detail, address: '' } as const;
    const { problems } = verdict(spoilt(tables, { consul }), []);
    assert.deepEqual(
      problems.map(({ about }) => about),
      ['Consul'],
    );
  });

  test('says since when the snapshot cannot be written', () => {
    const { at } = scriptedWorld({ services: { payments: 1 } }).overview;
    const since = new Date(Date.parse(at) - 90_000).toISOString();
    const snapshotFault = { since, message: 'ENOSPC: no space left on device, write' };
    const { level, headline } = verdict(spoilt({}, { at, snapshotFault }), []);
    assert.equal(level, 'warning');
    assert.equal(
      headline,
      'The snapshot has not been written for 1 min 30 s (ENOSPC: no space left on device, write); a restart without Consul would lack endpoints.',
    );
  });

  test('tells of faults of the ambassador itself for an hour', () => {
    const faulty = (agoMs: number, count: number) => {
      const at = new Date(Date.parse(healthy.at) - agoMs).toISOString();
      return verdict(spoilt({}, { faults: { count, last: { at, message: 'x is not a function' } } }), []);
    };
    assert.equal(
      faulty(20_000, 1).headline,
      'The ambassador had an unexpected fault of its own, the last 20 s ago (x is not a function); its log has the stack. Please report it.',
    );
    assert.match(faulty(20_000, 3).headline, /^The ambassador had 3 unexpected faults of its own, /);
    assert.equal(faulty(3_600_000, 3).headline, 'All 3 services answer.');
  });

  test('tells since when Consul does not answer', () => {
    const since = new Date(Date.parse(healthy.at) - 20_000).toISOString();
    const consul = { ...healthy.consul, state: 'failing' as const, since, detail: 'connection refused' };
    assert.equal(
      verdict(spoilt({}, { consul }), []).headline,
      'Consul has not answered for 20 s (connection refused); the last known endpoints stay in force.',
    );
  });

  test('says how many can be called while none has been', () => {
    const { headline, level } = verdict(spoilt({}, { services: [] }), []);
    assert.equal(headline, 'It is ready: 3 services can be called, none has been yet.');
    assert.equal(level, 'ok');
  });
});
