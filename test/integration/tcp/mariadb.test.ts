import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mariadb, startMariadb } from '../../support/mariadb.ts';
import { startTcpProxy } from '../../support/tcp-world.ts';

test('a MySQL client, which waits for its server to speak first, works through the ambassador', async (t) => {
  const { socketPath } = await startMariadb(t);
  const proxy = await startTcpProxy(t, { endpoints: [{ id: 'node/db', address: '', socketPath }] });
  const { code, stdout, stderr } = await mariadb(
    proxy.port,
    "select 20 + 1; select length(repeat('x', 1000000))",
  );
  assert.deepEqual([code, stdout.trim()], [0, '21\n1000000'], stderr);
  const large = await mariadb(proxy.port, "select repeat('x', 1000000)");
  assert.equal(large.stdout.length, 1_000_001, large.stderr);
  const finished = await proxy.untilFinished(2);
  assert.ok(finished.every(({ reason }) => reason === undefined));
});
