import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { policyOptions } from '../../../src/config/schema.ts';
import { silentObserver } from '../../../src/core/events.ts';
import type { CallResult } from '../../../src/policy/call.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { PolicyInForce } from '../../../src/service/policy-in-force.ts';
import { answer, testCall } from '../../support/resilience-calls.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testUpstream } from '../../support/test-upstream.ts';

function world() {
  const { clock, upstream } = testUpstream([]);
  /** Calls that went by a route, with its time limit. */
  const sent: number[] = [];
  const parts = {
    service: 'payments',
    clock,
    random: seededRandom(1),
    observer: silentObserver,
    usable: () => [],
    causes: () => undefined,
    describeEndpoints: () => '',
    upstream,
    untried: () => 0,
    responseStore: new ResponseStore(0),
    sendToService: (): Promise<CallResult> => Promise.resolve(answer()),
    active: () => 0,
    followed: () => undefined,
    changed: <P>(policy: P): P => policy,
    around: (): Promise<CallResult> => {
      sent.push(1);
      return Promise.resolve(answer());
    },
  };
  const make = (options: object, routes: readonly string[] = [], previous?: PolicyInForce) => {
    const own = policyOptions.parse(options);
    const made = {
      ...own,
      configuredAt: 0,
      routes: routes.map((pathPrefix, i) => ({
        ...policyOptions.parse({ timeout: { request: `${i + 1}s` } }),
        match: { pathPrefix, methods: undefined, header: undefined },
      })),
    };
    return new PolicyInForce(made, parts, previous);
  };
  return { make, sent };
}

const get = (path: string) => ({ method: 'GET', path, headers: [] });

describe('a policy in force', () => {
  it('sends a request by the first route that matches it, else by its own', () => {
    const { make } = world();
    const inForce = make({ timeout: { request: '9s' } }, ['/charge', '/charge/big']);
    assert.equal(inForce.routeFor(get('/charge/big')).policy.timeout.request, 1_000);
    assert.equal(inForce.routeFor(get('/other')).policy.timeout.request, 9_000);
  });

  it('wraps every route in what is around all of them', async () => {
    const { make, sent } = world();
    const inForce = make({}, ['/charge']);
    await inForce.routeFor(get('/charge')).send(testCall());
    await inForce.routeFor(get('/other')).send(testCall());
    assert.equal(sent.length, 2);
  });

  it('takes over the retry budget, what is spent of it too, unless that is what changes', () => {
    const { make } = world();
    const before = make({});
    const same = make({ timeout: { request: '1s' } }, [], before);
    assert.equal(same.retryBudget, before.retryBudget);
    const other = make({ retry: { budget: { minPerSecond: 1 } } }, [], same);
    assert.notEqual(other.retryBudget, before.retryBudget);
  });

  it('takes over the circuit of the one that it replaces', () => {
    const { make } = world();
    const before = make({});
    assert.equal(make({ retry: false }, ['/charge'], before).protections.circuit, before.protections.circuit);
  });
});
