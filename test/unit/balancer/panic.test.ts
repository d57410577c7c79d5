import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PanicMember } from '../../../src/balancer/panic.ts';
import { eligibleEndpoints } from '../../../src/balancer/panic.ts';
import type { Endpoint, HealthStatus } from '../../../src/endpoint/endpoint.ts';

const ON = { panic: true };
const OFF = { panic: false };

function member(health: HealthStatus, rest: Partial<Endpoint> = {}): PanicMember {
  const endpoint: Endpoint = {
    id: 'node-1/payments-1',
    address: '127.0.0.1',
    port: 8080,
    health,
    healthDetail: undefined,
    weight: 1,
    tags: [],
    meta: {},
    node: 'node-1',
    datacenter: 'dc1',
    ...rest,
  };
  return { endpoint, ejected: false };
}

function ejected(one: PanicMember): PanicMember {
  return { ...one, ejected: true };
}

describe('the eligible endpoints', () => {
  it('are those that pass or warn and are not ejected', () => {
    const passing = member('passing');
    const warning = member('warning');
    const others = [ejected(member('passing')), member('critical'), member('maintenance')];
    assert.deepEqual(eligibleEndpoints([passing, ...others, warning], ON), {
      candidates: [passing, warning],
      panic: 'none',
    });
  });

  it('are never joined by critical ones while a single usable one is left', () => {
    const passing = member('passing');
    const critical = Array.from({ length: 99 }, () => member('critical'));
    assert.deepEqual(eligibleEndpoints([...critical, passing], ON).candidates, [passing]);
  });

  it('are all usable ones when every usable one is ejected', () => {
    const usable = [ejected(member('passing')), ejected(member('warning'))];
    assert.deepEqual(eligibleEndpoints([...usable, member('critical')], ON), {
      candidates: usable,
      panic: 'all_ejected',
    });
  });

  it('are all critical ones, ejected or not, when none is usable', () => {
    const critical = [member('critical'), ejected(member('critical'))];
    assert.deepEqual(eligibleEndpoints([...critical, member('maintenance')], ON), {
      candidates: critical,
      panic: 'all_critical',
    });
  });

  it('are never in maintenance, without a port, or without weight', () => {
    const hopeless = [
      member('maintenance'),
      member('critical', { port: 0 }),
      member('critical', { weight: 0 }),
      member('passing', { port: 0 }),
      member('passing', { weight: 0 }),
    ];
    assert.deepEqual(eligibleEndpoints(hopeless, ON), { candidates: [], panic: 'none' });
  });

  it('are none instead of a panic when it is switched off', () => {
    const none = { candidates: [], panic: 'none' };
    assert.deepEqual(eligibleEndpoints([ejected(member('passing'))], OFF), none);
    assert.deepEqual(eligibleEndpoints([member('critical')], OFF), none);
  });
});
