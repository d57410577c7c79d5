// Waits for a connection of ours, on real sockets: they say nothing of the endpoint, nor of the service.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

test('calls whose time runs out while all connections are in use eject nobody and open no circuit', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.url === '/events') response.write('data: 1\n\n');
    else response.end('ok');
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    maxConnections: 1,
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, perTry: 30 } }),
  });
  const stream = new RawClient(t, proxy.port);
  stream.send('GET /payments/events HTTP/1.1\r\nHost: a\r\n\r\n');
  await stream.until(/data: 1/);
  for (let i = 0; i < 30; i++) {
    const response = await fetch(`${proxy.url}/payments/next`);
    await response.text();
    assert.ok(response.status >= 500, `${response.status}`);
  }
  assert.ok(proxy.finished.every(({ attempts }) => attempts.every(({ neutral }) => neutral === true)));
  assert.deepEqual(proxy.transitions, []);
  assert.deepEqual(proxy.circuitTransitions, []);
  stream.socket.destroy();
});
