import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DiscoveryQueryKind } from '../../../../src/core/discovery-query.ts';
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
  finish('permission_denied', 'the token lacks service:read');
  assert.equal(status.state.state, 'answering');
});

test('a Consul that refuses every query fails, with the reason', () => {
  const { status, finish } = setUp();
  finish('permission_denied');
  assert.equal(status.state.state, 'failing');
  assert.equal(status.state.detail, 'permission denied');
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

function setUp() {
  const clock = new FakeClock();
  const changes: string[] = [];
  const status = new ConsulStatus(clock, ({ state }) => changes.push(state));
  const finish = (outcome: string, detail?: string, kind: DiscoveryQueryKind = 'health') =>
    status.discoveryQueried({ kind, outcome, detail, durationMs: 1 });
  return { clock, status, changes, finish };
}
