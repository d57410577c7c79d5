import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listingRemedy } from '../../../src/doctor/listing.ts';
import { unreachableRemedy } from '../../../src/doctor/unreachable-remedy.ts';
import type { DiscoveryFailureKind } from '../../../src/endpoint/discovery-state.ts';

test('an endpoint that cannot be connected to has a remedy, unless what was said of it is one', () => {
  assert.match(unreachableRemedy('ECONNREFUSED') ?? '', /^start what should listen there/);
  assert.match(unreachableRemedy('ENOTFOUND') ?? '', /resolv\.conf/);
  assert.match(unreachableRemedy('ETIMEDOUT') ?? '', /firewalls/);
  assert.match(unreachableRemedy('ECONNRESET') ?? '', /log/);
  assert.match(unreachableRemedy('ENOENT') ?? '', /socket/);
  assert.match(unreachableRemedy('EUNHEARDOF') ?? '', /look at/);
  assert.match(unreachableRemedy('no_certificate') ?? '', /above/);
  assert.equal(unreachableRemedy('expired'), undefined);
  assert.equal(unreachableRemedy(undefined), undefined);
});

test('endpoints that cannot be had have a remedy that names the rule, the query or the agent', () => {
  const remedy = (kind: DiscoveryFailureKind, wanted: Parameters<typeof listingRemedy>[1]) =>
    listingRemedy({ kind, detail: 'it says' }, wanted) ?? '';
  const rule = 'service "payments" { policy = "read" } node_prefix "" { policy = "read" }';
  assert.equal(remedy('acl_filtered', { service: 'payments' }), `give the token the rule ${rule}`);
  assert.match(remedy('permission_denied', { query: 'near' }), /service_prefix ""/);
  assert.match(remedy('rejected', { query: 'near' }), /create the prepared query near/);
  assert.match(remedy('unreachable', { service: 'payments' }), /consul\.address/);
  assert.match(remedy('server_error', { service: 'payments' }), /log of the agent/);
  assert.match(remedy('unreachable', undefined), /discover setting/);
  const says = { kind: 'unreachable', detail: 'set consul.tls.caFile', saysRemedy: true } as const;
  assert.equal(listingRemedy(says, { service: 'payments' }), undefined);
});
