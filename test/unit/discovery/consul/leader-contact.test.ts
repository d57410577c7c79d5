import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaderlessDoubt, readContact } from '../../../../src/discovery/consul/leader-contact.ts';

function contactBy(headers: Readonly<Record<string, string>>) {
  return readContact((name) => headers[name]);
}

test('headers that are missing or none say nothing', () => {
  const nothing = { lastContactMs: undefined, knownLeader: undefined };
  assert.deepEqual(contactBy({}), nothing);
  assert.deepEqual(contactBy({ 'x-consul-lastcontact': 'soon' }), nothing);
  assert.deepEqual(contactBy({ 'x-consul-lastcontact': '-1' }), nothing);
});

test('a server that never heard from a leader is a day behind', () => {
  const contact = contactBy({
    'x-consul-lastcontact': '9223372036854',
    'x-consul-knownleader': 'false',
  });
  assert.equal(contact.lastContactMs, 86_400_000);
  assert.match(
    leaderlessDoubt(contact)?.detail ?? '',
    /the one that answered has heard from none for a day or more;/,
  );
});

test('only a server that says that it knows no leader is doubted', () => {
  assert.equal(leaderlessDoubt(contactBy({ 'x-consul-lastcontact': '30000' })), undefined);
  assert.equal(leaderlessDoubt(contactBy({ 'x-consul-knownleader': 'true' })), undefined);
  assert.deepEqual(
    leaderlessDoubt(contactBy({ 'x-consul-knownleader': 'false', 'x-consul-lastcontact': '50400' })),
    {
      kind: 'server_error',
      detail:
        "Consul's servers have no leader, and the one that answered has heard from none for 50 s; what it knew then is used",
    },
  );
});
