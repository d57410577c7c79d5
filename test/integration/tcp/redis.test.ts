import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { redisCli, startRedis } from '../../support/redis.ts';
import { startTcpProxy, TcpClient } from '../../support/tcp-world.ts';

test('redis-cli works through the ambassador, and goes on at another endpoint when one is killed', async (t) => {
  const [first, second] = await Promise.all([startRedis(t), startRedis(t)]);
  const proxy = await startTcpProxy(t, {
    endpoints: [first, second].map(({ socketPath }, i) => ({ id: `node/${i}`, address: '', socketPath })),
  });
  const value = 'v'.repeat(1_000_000);
  assert.equal((await redisCli(proxy.port, 'set', 'greeting', 'hello')).stdout.trim(), 'OK');
  const large = new TcpClient(t, proxy.port);
  large.socket.write(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$1000000\r\n${value}\r\nSTRLEN big\r\nGET big\r\n`);
  await eventually(() =>
    assert.equal(large.received.length, `+OK\r\n:1000000\r\n$1000000\r\n${value}\r\n`.length),
  );
  large.socket.end();
  await large.untilClosed();
  await first.kill();
  for (let i = 0; i < 6; i++) assert.equal((await redisCli(proxy.port, 'ping')).stdout.trim(), 'PONG');
});

test('subscribers hear what is published over other connections', async (t) => {
  const { socketPath } = await startRedis(t);
  const proxy = await startTcpProxy(t, { endpoints: [{ id: 'node/0', address: '', socketPath }] });
  const subscriber = new TcpClient(t, proxy.port);
  subscriber.socket.write('SUBSCRIBE news\r\n');
  await eventually(() => assert.match(subscriber.received, /subscribe/));
  await redisCli(proxy.port, 'publish', 'news', 'it rains');
  await eventually(() => assert.match(subscriber.received, /it rains/));
});

test('what a server says before it turns a client away is heard', async (t) => {
  const { socketPath } = await startRedis(t, '--maxclients', '1');
  const proxy = await startTcpProxy(t, { endpoints: [{ id: 'node/0', address: '', socketPath }] });
  // The connection by which its start was noticed may count for a while.
  await eventually(async () => {
    const only = new TcpClient(t, proxy.port);
    only.socket.write('PING\r\n');
    await eventually(() => assert.notEqual(only.received, ''));
    assert.equal(only.received, '+PONG\r\n');
  });
  const refused = new TcpClient(t, proxy.port);
  await eventually(() => assert.match(refused.received, /max number of clients reached/));
  refused.socket.end();
  await refused.untilClosed();
});

test('what a server says before it ends a client in the middle of its request is heard', async (t) => {
  const { socketPath } = await startRedis(t);
  const proxy = await startTcpProxy(t, { endpoints: [{ id: 'node/0', address: '', socketPath }] });
  const client = new TcpClient(t, proxy.port);
  client.socket.write('x'.repeat(1_000_000));
  await eventually(() => assert.match(client.received, /too big inline request/));
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'upstream_reset');
});
