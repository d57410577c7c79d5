import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { DEFAULT_POLICY } from '../../support/proxy-under-test.ts';
import { closedPort, startTcpProxy, startTcpServer, TcpClient } from '../../support/tcp-world.ts';

test('bytes go both ways, and the report counts them', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.pipe(socket));
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  client.socket.write('ping');
  await client.untilReceived('ping');
  client.socket.end(' and the rest');
  await client.untilReceived('ping and the rest');
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, undefined);
  assert.equal(facts?.service, 'db');
  assert.equal(facts?.bytesReceived, 17);
  assert.equal(facts?.bytesSent, 17);
  assert.deepEqual(
    facts?.attempts.map(({ authority, failure }) => ({ authority, failure })),
    [{ authority: `127.0.0.1:${port}`, failure: undefined }],
  );
  assert.equal(proxy.service.active, 0);
  assert.deepEqual(proxy.service.bytes, { received: 17, sent: 17 });
});

test('an endpoint that speaks first is heard before its client has sent a byte', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.write('220 ready'));
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  await client.untilReceived('220 ready');
});

test('what was sent before the endpoint was connected to is not lost', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.pipe(socket));
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  client.socket.end('x'.repeat(300_000));
  await client.untilReceived('x'.repeat(300_000));
  await client.untilClosed();
});

test('each side may end before the other', async (t) => {
  const port = await startTcpServer(t, (socket) => {
    let asked = '';
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end(`you said ${asked}`));
  });
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  client.socket.end('hello');
  await client.untilReceived('you said hello');
  assert.equal((await proxy.untilFinished(1))[0]?.reason, undefined);

  const talkative = await startTcpServer(t, (socket) => {
    socket.end('no more from me');
    socket.on('data', (chunk) => heard.push(chunk.toString('latin1')));
  });
  const heard: string[] = [];
  const second = await startTcpProxy(t, { endpoints: [talkative] });
  const listener = new TcpClient(t, second.port);
  await eventually(() => assert.ok(listener.ended));
  listener.socket.end('but from me');
  await eventually(() => assert.equal(heard.join(''), 'but from me'));
  assert.equal((await second.untilFinished(1))[0]?.reason, undefined);
});

test('an endpoint that cannot be connected to is passed over', async (t) => {
  const port = await startTcpServer(t, (socket) => socket.end('here'));
  const dead = [await closedPort(), await closedPort()];
  const proxy = await startTcpProxy(t, {
    endpoints: [...dead, port],
    policy: { loadBalancer: { ...DEFAULT_POLICY.loadBalancer, policy: 'roundRobin' } },
  });
  for (let i = 0; i < 6; i++) {
    const client = new TcpClient(t, proxy.port);
    await client.untilReceived('here');
    client.socket.end();
  }
  const finished = await proxy.untilFinished(6);
  assert.ok(finished.every(({ reason }) => reason === undefined));
  const failures = finished.flatMap(({ attempts }) => attempts.flatMap(({ failure }) => failure ?? []));
  assert.ok(failures.length > 0 && failures.every((failure) => failure === 'connect_failure'));
});

test('where no endpoint can be had the client is reset, and the report says what each did', async (t) => {
  const ports = [await closedPort(), await closedPort()];
  const proxy = await startTcpProxy(t, { endpoints: ports });
  const client = new TcpClient(t, proxy.port);
  await client.untilClosed();
  assert.equal(client.error?.code, 'ECONNRESET');
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'connect_failure');
  for (const port of ports)
    assert.match(facts?.detail ?? '', new RegExp(`127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
  assert.deepEqual(facts?.flags, ['UF']);
});

test('a service without endpoints resets its clients', async (t) => {
  const proxy = await startTcpProxy(t, { endpoints: [] });
  const client = new TcpClient(t, proxy.port);
  await client.untilClosed();
  assert.equal(client.error?.code, 'ECONNRESET');
  assert.equal((await proxy.untilFinished(1))[0]?.reason, 'no_healthy_endpoint');
});

test('a reset of one side reaches the other as a reset', async (t) => {
  let served: { resetAndDestroy(): void } | undefined;
  let clientReset = false;
  const port = await startTcpServer(t, (socket) => {
    served = socket;
    socket.write('hello');
    socket.on('error', () => {
      clientReset = true;
    });
  });
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const first = new TcpClient(t, proxy.port);
  await first.untilReceived('hello');
  served?.resetAndDestroy();
  await first.untilClosed();
  assert.equal(first.error?.code, 'ECONNRESET');
  const [broken] = await proxy.untilFinished(1);
  assert.equal(broken?.reason, 'upstream_reset');
  assert.match(broken.detail ?? '', new RegExp(`^127\\.0\\.0\\.1:${port}: \\D+$`));

  const second = new TcpClient(t, proxy.port);
  await second.untilReceived('hello');
  second.socket.resetAndDestroy();
  await eventually(() => assert.ok(clientReset));
  assert.equal((await proxy.untilFinished(2))[1]?.reason, 'client_gone');
});

test('an endpoint that resets the connection once its client has ended has ended in order', async (t) => {
  const port = await startTcpServer(t, (socket) => {
    socket.write('hello');
    socket.on('end', () => socket.resetAndDestroy());
  });
  const proxy = await startTcpProxy(t, { endpoints: [port] });
  const client = new TcpClient(t, proxy.port);
  await client.untilReceived('hello');
  client.socket.end();
  await client.untilClosed();
  assert.equal((await proxy.untilFinished(1))[0]?.reason, undefined);
});
