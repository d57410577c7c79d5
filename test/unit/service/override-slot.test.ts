import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OverrideChange } from '../../../src/core/override-facts.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import type { OverrideTerms } from '../../../src/service/override.ts';
import { OverrideSlot } from '../../../src/service/override-slot.ts';
import { overrideText } from '../../../src/service/override-text.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';
import { answer } from '../../support/resilience-calls.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { testTransport } from '../../support/test-transport.ts';

function startSlot() {
  const clock = new FakeClock();
  const changes: OverrideChange[] = [];
  const slot = new OverrideSlot({
    service: 'payments',
    clock,
    random: seededRandom(1),
    observer: observed({ overrideChanged: (_service, change) => changes.push(change) }),
    responseStore: new ResponseStore(0),
    sendToService: () => Promise.resolve(answer()),
    active: () => 0,
    addresses: undefined,
    policy: () => ({
      ...DEFAULT_POLICY,
      fallback: { stale: undefined, service: 'other', static: undefined, on: new Set() } as never,
    }),
    transport: () => testTransport({}, clock),
    used: () => {},
  });
  const said = () => changes.map((change) => overrideText('payments', change));
  return { clock, slot, said };
}

function terms(port: number, more: Partial<OverrideTerms> = {}): OverrideTerms {
  return {
    place: { address: 'localhost', port },
    header: undefined,
    forMs: undefined,
    who: 'ada',
    why: null,
    ...more,
  };
}

test('an override ends when its time is over, and leaves nothing behind', () => {
  const { clock, slot, said } = startSlot();
  slot.begin(terms(4_000, { forMs: 3_600_000, why: 'trying v3' }));
  clock.advance(3_599_999);
  assert.equal(slot.current?.address, 'localhost:4000');
  clock.advance(1);
  assert.equal(slot.current, undefined);
  assert.equal(slot.for([]), undefined);
  assert.deepEqual(said(), [
    'ada sends requests of payments to localhost:4000 for 1 h: trying v3.',
    'The override of payments by localhost:4000 has ended: its time is over.',
  ]);
  assert.equal(clock.pendingTimers, 0);
});

test('another one takes its place, and its own time counts', () => {
  const { clock, slot, said } = startSlot();
  slot.begin(terms(4_000, { forMs: 60_000 }));
  clock.advance(30_000);
  slot.begin(terms(4_001, { forMs: 90_000, who: null }));
  clock.advance(89_999);
  assert.equal(slot.current?.address, 'localhost:4001');
  clock.advance(1);
  assert.equal(slot.current, undefined);
  assert.deepEqual(said(), [
    'ada sends requests of payments to localhost:4000 for 60 s.',
    'The override of payments by localhost:4000 has ended: another one takes its place.',
    'An operator sends requests of payments to localhost:4001 for 90 s.',
    'The override of payments by localhost:4001 has ended: its time is over.',
  ]);
});

test('without a time it lasts until an operator ends it', () => {
  const { clock, slot, said } = startSlot();
  slot.begin(terms(4_000));
  clock.advance(30 * 24 * 3_600_000);
  assert.equal(slot.current?.address, 'localhost:4000');
  slot.end('operator', { who: 'ben', why: 'done' });
  slot.end('operator', { who: 'ben', why: 'done' });
  assert.deepEqual(said(), [
    'ada sends requests of payments to localhost:4000 until further notice.',
    'ben ended the override of payments by localhost:4000: done.',
  ]);
});

test('with a header it takes only requests that have it, and no connections of which nothing is read', () => {
  const { slot, said } = startSlot();
  slot.begin(terms(4_000, { header: { name: 'x-dev', value: 'me' } }));
  assert.equal(slot.for(['X-Dev', 'me'])?.address, 'localhost:4000');
  assert.equal(slot.for(['x-dev', 'you']), undefined);
  assert.equal(slot.for([]), undefined);
  assert.equal(slot.for(undefined), undefined);
  slot.begin(terms(4_000, { header: { name: 'x-dev', value: undefined } }));
  assert.equal(slot.for(['X-Dev', 'you'])?.address, 'localhost:4000');
  assert.match(said()[0] ?? '', /^ada sends requests of payments with x-dev: me to /);
});

test('no circuit protects the endpoint, and nothing responds in its place', () => {
  const { slot } = startSlot();
  const { policy, protections } = slot.begin(terms(4_000));
  assert.equal(protections.circuit, undefined);
  assert.equal(policy.fallback, undefined);
});
