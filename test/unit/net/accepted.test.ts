import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedIn } from '../../../src/net/accepted.ts';

const CLIENT = 0xb064;
const SERVER = 0xb267;

/** As Linux 6 writes them, of a connection from 127.0.0.1 to a server that listens for both versions of IP. */
function tables(state: string, inode: string): string {
  return [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   2: 00000000:B267 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 13739600 1 0000000000000000 100 0 0 10 0',
    '1681: 0100007F:B064 0100007F:B267 01 00000000:00000000 00:00000000 00000000     0        0 13739684 2 0000000000000000 20 0 0 10 -1',
    `  13: 0000000000000000FFFF00000100007F:B267 0000000000000000FFFF00000100007F:B064 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 20 0 0 10 -1`,
  ].join('\n');
}

test('a connection is accepted once a program holds it', () => {
  assert.equal(acceptedIn(tables('01', '13739692'), { server: SERVER, client: CLIENT }), true);
  assert.equal(acceptedIn(tables('01', '0'), { server: SERVER, client: CLIENT }), false);
});

test('nothing is said of one that the kernel holds back, or that is of another machine', () => {
  assert.equal(acceptedIn(tables('03', '0'), { server: SERVER, client: CLIENT }), undefined);
  assert.equal(acceptedIn(tables('01', '0'), { server: SERVER, client: 1 }), undefined);
  assert.equal(acceptedIn('', { server: SERVER, client: CLIENT }), undefined);
});
