import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listeningOn, userName } from '../../../src/net/port-holder.ts';

const TABLE = `
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:3A98 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000000000000000
   1: 00000000:3A99 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4243 1 0000000000000000
   2: 0100007F:3A98 0100007F:C350 01 00000000:00000000 00:00000000 00000000   999        0 4244 1 0000000000000000
`;

test('who listens on a port is told from connections to it, and from other ports', () => {
  assert.deepEqual(listeningOn(15000, TABLE), [{ inode: '4242', uid: '0' }]);
  assert.deepEqual(listeningOn(15001, TABLE), [{ inode: '4243', uid: '1000' }]);
  assert.deepEqual(listeningOn(50000, TABLE), []);
  assert.deepEqual(listeningOn(15000, ''), []);
});

test('a user has the name of /etc/passwd, or stays an id', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/sh\n';
  assert.equal(userName('0', passwd), 'root');
  assert.equal(userName('1000', passwd), 'anna');
  assert.equal(userName('1001', passwd), 'the user with id 1001');
  assert.equal(userName('0', ''), 'the user with id 0');
});
