import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiscoveryQueryFacts, DiscoveryQueryKind } from '../../../../src/core/discovery-query.ts';
import { ConsulStatus } from '../../../../src/observe/stats/consul-status.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

test('Consul is waited for, then answers or fails, with the time since when', () => {
  const { status, changes, clock, finish } = setUp();
  assert.deepEqual(status.state, { state: 'waiting', since: undefined, detail: undefined });
  clock.advance(100);
  const answeredAt = clock.wallTime();
  finish('answered');
  clock.advance(1_000);
  finish('answered');
  assert.deepEqual(status.state, { state: 'answering', since: answeredAt, detail: undefined });
  finish('unreachable', 'connect ECONNREFUSED');
  const failedAt = clock.wallTime();
  clock.advance(1_000);
  finish('server_error', 'no leader');
  assert.deepEqual(status.state, { state: 'failing', since: failedAt, detail: 'no leader' });
  finish('answered');
  assert.deepEqual(changes, ['answering', 'failing', 'answering']);
});

test('a query that is refused for itself does not make a Consul that answers others fail', () => {
  const { status, finish } = setUp();
  finish('answered');
  finish('permission_denied', 'the token lacks service:read', 'chain');
  assert.equal(status.state.state, 'answering');
});

test('a Consul that refuses all that is asked of services says so, whatever else it answers', () => {
  const { status, changes, finish } = setUp();
  finish('permission_denied', 'ACL not found', 'catalog');
  assert.equal(status.state.state, 'refusing');
  finish('answered', undefined, 'agent');
  finish('permission_denied', 'the token lacks service:read', 'chain');
  assert.equal(status.state.detail, 'ACL not found');
  finish('unreachable', 'connect ECONNREFUSED');
  finish('answered', undefined, 'agent');
  finish('answered');
  finish('answered', undefined, 'catalog');
  finish('permission_denied', 'ACL not found');
  assert.equal(status.state.state, 'answering');
  finish('permission_denied', 'ACL not found', 'catalog');
  assert.deepEqual(changes, ['refusing', 'failing', 'refusing', 'answering', 'refusing']);
});

test('servers that fail are not taken for answering because the agent does', () => {
  const { status, finish, changes } = setUp();
  finish('server_error', 'No cluster leader');
  finish('answered', undefined, 'registration');
  finish('answered', undefined, 'connect');
  assert.equal(status.state.state, 'failing');
  finish('answered');
  finish('unreachable');
  finish('answered', undefined, 'registration');
  assert.deepEqual(changes, ['failing', 'answering', 'failing', 'answering']);
});

test('failures of another datacenter say nothing of Consul here, unless its agent is not reached', () => {
  const { status, changes, ask } = setUp();
  ask({ datacenter: 'dc2', outcome: 'server_error', detail: 'No path to datacenter' });
  assert.equal(status.state.state, 'waiting');
  ask({ outcome: 'answered' });
  ask({ datacenter: 'dc2', outcome: 'server_error', detail: 'rpc error getting client' });
  ask({ datacenter: 'dc2', outcome: 'unreachable', timedOut: true });
  assert.deepEqual(changes, ['answering']);
  ask({ datacenter: 'dc2', outcome: 'unreachable', detail: 'connect ECONNREFUSED' });
  ask({ datacenter: 'dc2', outcome: 'server_error', detail: 'No path to datacenter' });
  assert.equal(status.state.detail, 'connect ECONNREFUSED');
  ask({ datacenter: 'dc2', outcome: 'answered' });
  assert.deepEqual(changes, ['answering', 'failing', 'answering']);
});

test('servers here that fail are not taken for answering because those of another datacenter do', () => {
  const { status, ask } = setUp();
  ask({ outcome: 'server_error', detail: 'No cluster leader' });
  ask({ datacenter: 'dc2', outcome: 'answered' });
  assert.equal(status.state.state, 'failing');
});

test('the datacenter that the configuration names is the one here', () => {
  const { changes, ask } = setUp('dc2');
  ask({ datacenter: 'dc2', outcome: 'answered' });
  ask({ datacenter: 'dc2', outcome: 'server_error' });
  assert.deepEqual(changes, ['answering', 'failing']);
});

function setUp(home?: string) {
  const clock = new FakeClock();
  const changes: string[] = [];
  const status = new ConsulStatus(clock, home, ({ state }) => changes.push(state));
  const finish = (outcome: string, detail?: string, kind: DiscoveryQueryKind = 'health') =>
    status.discoveryQueried({ kind, outcome, detail, durationMs: 1 });
  const ask = (facts: Pick<DiscoveryQueryFacts, 'datacenter' | 'outcome' | 'detail' | 'timedOut'>) =>
    status.discoveryQueried({ kind: 'health', durationMs: 1, ...facts });
  return { clock, status, changes, finish, ask };
}
