import assert from 'node:assert/strict';
import { test } from 'node:test';
import { psql, startPostgres } from '../../support/postgres.ts';
import { closedPort, startTcpProxy } from '../../support/tcp-world.ts';

test('psql works through the ambassador, with a dead endpoint beside the living one', async (t) => {
  const { socketPath } = await startPostgres(t);
  const proxy = await startTcpProxy(t, {
    endpoints: [await closedPort(), { id: 'node/db', address: '', socketPath }],
  });
  for (let i = 0; i < 4; i++) {
    const { code, stdout, stderr } = await psql(proxy.port, '-c', 'select 20 + 1');
    assert.deepEqual([code, stdout.trim()], [0, '21'], stderr);
  }
  const rows = await psql(proxy.port, '-c', "select repeat('x', 1000) from generate_series(1, 10000)");
  assert.equal(rows.stdout.length, 10_000 * 1_001, rows.stderr);
  const written = await psql(
    proxy.port,
    '-c',
    'create table t as select generate_series(1, 1000) as n',
    '-c',
    '\\copy (select n from t order by n) to stdout',
  );
  assert.equal(written.stdout.trim().split('\n').length, 1_001, written.stderr);
  const failed = await psql(proxy.port, '-c', 'select 1 / 0');
  assert.match(failed.stderr, /division by zero/);
  const finished = await proxy.untilFinished(7);
  assert.deepEqual(
    finished.map(({ reason }) => reason),
    finished.map(() => undefined),
  );
});
