import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBalancerOptions } from '../../../src/balancer/options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

for (const method of ['GET', 'POST']) {
  test(`${method} goes on to another endpoint when one refuses the connection, with its body`, async (t) => {
    const bodies: string[] = [];
    const upstream = await startUpstream(t, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      bodies.push(Buffer.concat(chunks).toString());
      response.end('ok');
    });
    const dead = [await unusedPort(), await unusedPort()];
    const proxy = await startProxy(t, { services: { payments: [upstream.port, ...dead] } });
    for (let i = 0; i < 20; i++) {
      const response = await fetch(`${proxy.url}/payments`, {
        method,
        ...(method === 'POST' ? { body: `body ${i}` } : {}),
      });
      assert.equal(response.status, 200);
    }
    assert.equal(upstream.seen.length, 20);
    assert.deepEqual(
      bodies,
      Array.from({ length: 20 }, (_, i) => (method === 'POST' ? `body ${i}` : '')),
    );
  });
}

test('a streamed body begins again at the next endpoint', async (t) => {
  const upstream = await startUpstream(t, (request, response) => request.pipe(response));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port, await unusedPort(), await unusedPort()] },
  });
  for (let i = 0; i < 10; i++) {
    const client = new RawClient(t, proxy.port);
    client.send('POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.until(/abc/);
    client.send('3\r\ndef\r\n0\r\n\r\n');
    await client.until(/def\r\n0\r\n\r\n$/);
    assert.match(client.received, /^HTTP\/1\.1 200/);
  }
});

test('GET is tried again elsewhere when the endpoint closes without an answer', async (t) => {
  const broken = await startTcpUpstream(t, (socket) => socket.once('data', () => socket.destroy()));
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, { services: { payments: [broken.port, upstream.port] } });
  for (let i = 0; i < 100 && broken.sockets.length === 0; i++) {
    assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  }
  assert.ok(broken.sockets.length > 0, 'the broken endpoint was tried');
});

test('POST is not tried again when the endpoint may have seen it', async (t) => {
  const broken = await startTcpUpstream(t, (socket) => socket.once('data', () => socket.destroy()));
  const proxy = await startProxy(t, { services: { payments: [broken.port] } });
  const response = await fetch(`${proxy.url}/payments`, { method: 'POST', body: 'charge' });
  assert.equal(response.status, 502);
  const problem = (await response.json()) as Record<string, unknown>;
  assert.equal(problem['reason'], 'upstream_reset');
  assert.equal(problem['attempts'], 1);
  assert.equal(problem['service'], 'payments');
  assert.equal(broken.sockets.length, 1);
});

test('an endpoint that does not answer costs one try, and GET goes on to another', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, {
    services: { payments: [silent.port, upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, perTry: 100 } }),
  });
  // Which of the two is asked first is chance.
  for (let i = 0; i < 100 && silent.sockets.length === 0; i++) {
    assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  }
  assert.ok(silent.sockets.length > 0, 'the silent endpoint was tried');
});

test('when no endpoint answers in time the caller reads 504 with the reason', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const proxy = await startProxy(t, {
    services: { payments: [silent.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, perTry: 60, request: 150 } }),
  });
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(response.status, 504);
  assert.match(response.headers.get('x-ambassador-error') ?? '', /^(upstream_timeout|deadline_exceeded)$/);
});

test('a caller that sends its body slowly is not cut by the time for an answer', async (t) => {
  const upstream = await startUpstream(t, (request, response) => request.pipe(response));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, perTry: 100, request: 200 } }),
  });
  const client = new RawClient(t, proxy.port);
  client.send('PUT /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
  for (const byte of '0123456789') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.send(byte);
  }
  assert.match(await client.until(/1\r\n9\r\n0\r\n\r\n$/), /^HTTP\/1\.1 200/);
});

test('a caller that stops in the middle of its body gets 408 after the idle time', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idle: 100 } }),
  });
  const client = new RawClient(t, proxy.port);
  client.send('PUT /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
  assert.match(await client.until(/\r\n\r\n\{/), /^HTTP\/1\.1 408 .*x-ambassador-error: request_timeout/s);
});

test('a stalled answer is broken off after the idle time', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.write('begun'));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idle: 100 } }),
  });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.doesNotMatch(await client.untilClosed(), /0\r\n\r\n$/);
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'upstream_timeout');
});

test('503 of one endpoint is answered by another for GET, and passed on for POST', async (t) => {
  const busy = await startUpstream(t, (_request, response) => {
    response.statusCode = 503;
    response.end('busy');
  });
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const proxy = await startProxy(t, { services: { payments: [busy.port, upstream.port] } });
  for (let i = 0; i < 4; i++) assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  const single = await startProxy(t, { services: { payments: [busy.port] } });
  const response = await fetch(`${single.url}/payments`, { method: 'POST' });
  assert.equal(response.status, 503);
  assert.equal(await response.text(), 'busy', 'a reply of the endpoint is never replaced');
  assert.equal(response.headers.get('x-ambassador-error'), null);
});

test('the last reply of the endpoints is passed on when retries bring no better one', async (t) => {
  const busy = await startUpstream(t, (_request, response) => {
    response.statusCode = 503;
    response.end('still busy');
  });
  const proxy = await startProxy(t, { services: { payments: [busy.port] } });
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(await response.text(), 'still busy');
  assert.equal(busy.seen.length, 3, 'one attempt and two retries');
});

test('a body over the replay limit is not kept, and its request not repeated', async (t) => {
  const broken = await startTcpUpstream(t, (socket) => {
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received > 200_000) socket.destroy();
    });
  });
  const proxy = await startProxy(t, { services: { payments: [broken.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('PUT /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n');
  client.send(Buffer.alloc(300_000));
  assert.match(await client.until(/\r\n\r\n\{/), /^HTTP\/1\.1 502/);
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual(facts?.flags, ['UC', 'BO']);
  assert.equal(broken.sockets.length, 1);
  assert.equal(proxy.replayBudget.used, 0);
});

test('with every endpoint critical the critical ones are tried, and otherwise it is 503 no_healthy_endpoint', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('alive after all'));
  const proxy = await startProxy(t, {
    services: {
      alive: [{ port: upstream.port, health: 'critical' }],
      dead: [{ port: await unusedPort(), health: 'critical' }],
      resting: [{ port: upstream.port, health: 'maintenance' }],
      empty: [],
    },
  });
  assert.equal(await (await fetch(`${proxy.url}/alive`)).text(), 'alive after all');
  for (const [service, detail] of [
    ['dead', /^dead has 1 endpoint: 1 critical since \d\d:\d\d:\d\d UTC\.$/],
    ['resting', /^resting has 1 endpoint: 1 in maintenance since \d\d:\d\d:\d\d UTC\.$/],
    [
      'empty',
      /^empty has no endpoints: the (registry lists none since \d\d:\d\d:\d\d UTC|configuration names none)\.$/,
    ],
  ] as const) {
    const response = await fetch(`${proxy.url}/${service}`);
    assert.equal(response.status, 503);
    const problem = (await response.json()) as Record<string, unknown>;
    assert.equal(problem['reason'], 'no_healthy_endpoint');
    assert.match(String(problem['detail']), detail);
    assert.equal(problem['hint'], `ambassador endpoints ${service}`);
  }
});

test('an endpoint that left the table gets nothing new, and what it has finishes', async (t) => {
  let finish: (() => void) | undefined;
  const leaving = await startUpstream(t, (_request, response) => {
    finish = () => response.end('finished');
  });
  const staying = await startUpstream(t, (_request, response) => response.end('stayed'));
  const proxy = await startProxy(t, { services: { payments: [leaving.port] } });
  const open = fetch(`${proxy.url}/payments/open`);
  while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  proxy.publish('payments', [staying.port]);
  for (let i = 0; i < 5; i++) assert.equal(await (await fetch(`${proxy.url}/payments`)).text(), 'stayed');
  finish();
  assert.equal(await (await open).text(), 'finished');
  assert.equal(leaving.seen.length, 1);
});

test('a failing endpoint is ejected, and comes back through a single probe', async (t) => {
  let healthy = false;
  const flaky = await startUpstream(t, (_request, response) => {
    response.statusCode = healthy ? 200 : 502;
    response.end();
  });
  const steady = await startUpstream(t, (_request, response) => response.end());
  const proxy = await startProxy(t, {
    services: { payments: [flaky.port, steady.port] },
    policy: (policy) => ({
      ...policy,
      loadBalancer: { ...policy.loadBalancer, policy: 'roundRobin' },
      outlierDetection: { ...policy.outlierDetection, baseEjectionTime: 1_000, maxEjectionTime: 1_000 },
    }),
  });
  while (proxy.transitions[0]?.type !== 'ejected') {
    assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  }
  const triedBefore = flaky.seen.length;
  assert.equal(triedBefore, 5);
  healthy = true;
  while (!proxy.transitions.some(({ type }) => type === 'returned')) {
    assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
  }
  assert.equal(flaky.seen.length, triedBefore + 1, 'one request alone decided');
});

test('a request that got no connection in its time never left, and goes to another endpoint whatever its method', async (t) => {
  const busy = await startUpstream(t, () => {});
  const free = await startUpstream(t, (_request, response) => response.end('free'));
  const proxy = await startProxy(t, {
    services: {
      payments: [
        { id: 'a', port: busy.port },
        { id: 'b', port: free.port },
      ],
    },
    maxConnections: 1,
    random: () => 0,
    policy: (policy) => ({
      ...policy,
      loadBalancer: loadBalancerOptions.parse({ policy: 'random' }),
      timeout: { ...policy.timeout, perTry: 0 },
      routes: [
        {
          ...policy,
          match: { methods: ['POST'], pathPrefix: undefined, header: undefined },
          timeout: { ...policy.timeout, perTry: 150 },
        },
      ],
    }),
  });
  const caller = new AbortController();
  const held = fetch(`${proxy.url}/payments`, { signal: caller.signal }).catch(() => undefined);
  await eventually(() => assert.equal(busy.seen.length, 1));
  const response = await fetch(`${proxy.url}/payments`, { method: 'POST', body: 'x' });
  assert.equal(await response.text(), 'free');
  assert.equal(busy.seen.length, 1);
  caller.abort();
  await held;
});
