import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenRemedy } from '../../../src/doctor/token-remedy.ts';

const RULE = 'node_prefix "" { policy = "read" }';

test('a token that Consul does not know needs another token, and one that it knows another rule', () => {
  const refused = (detail: string): string => tokenRemedy({ kind: 'permission_denied', detail }, RULE);
  assert.match(
    refused('Consul answered 403: ACL not found (it does not know the token)'),
    /CONSUL_HTTP_TOKEN/,
  );
  assert.equal(refused('Consul answered 403: Permission denied'), `give the token the rule ${RULE}`);
});
