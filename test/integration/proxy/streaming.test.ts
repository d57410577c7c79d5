import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream } from '../../support/upstreams.ts';

test('the parts of an answer arrive as the endpoint sends them', async (t) => {
  const parts: ((text: string) => void)[] = [];
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    parts.push((text) => response.write(text));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments/events HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/text\/event-stream/);
  parts[0]?.('data: one\n\n');
  await client.until(/data: one/);
  assert.doesNotMatch(client.received, /data: two/);
  parts[0]?.('data: two\n\n');
  await client.until(/data: two/);
});

test('the parts of a request arrive as the caller sends them', async (t) => {
  let received = '';
  const upstream = await startUpstream(t, (request, response) => {
    request.on('data', (chunk) => {
      received += chunk;
    });
    request.on('end', () => response.end('got it'));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await eventually(() => assert.equal(received, 'abc'));
  client.send('def');
  await client.until(/got it/);
  assert.equal(received, 'abcdef');
});

test('an answer may begin before the request is complete, and both go on', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200);
    request.pipe(response);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  await client.until(/3\r\nabc\r\n/);
  client.send('3\r\ndef\r\n0\r\n\r\n');
  await client.until(/3\r\ndef\r\n0\r\n\r\n$/);
});

for (const length of ['with a length', 'chunked'] as const) {
  test(`20 MiB go up and come back unchanged, ${length}`, async (t) => {
    const upstream = await startUpstream(t, (request, response) => request.pipe(response));
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const body = randomBytes(20 * 1024 * 1024);
    const digest = await new Promise<string>((resolve, reject) => {
      const request = httpRequest(
        `${proxy.url}/payments`,
        { method: 'POST', headers: length === 'chunked' ? {} : { 'content-length': body.length } },
        (response) => {
          const hash = createHash('sha256');
          response.on('data', (chunk) => hash.update(chunk));
          response.on('end', () => resolve(hash.digest('hex')));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
    assert.equal(digest, createHash('sha256').update(body).digest('hex'));
  });
}

test('a caller that does not read slows the endpoint down instead of filling memory', async (t) => {
  let written = 0;
  let stalled = false;
  const upstream = await startUpstream(t, (_request, response) => {
    const chunk = Buffer.alloc(256 * 1024);
    const more = (): void => {
      while (written < 400 * 1024 * 1024) {
        written += chunk.length;
        if (!response.write(chunk)) {
          stalled = true;
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.socket.pause();
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  let before = -1;
  await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const settled = stalled && before === written;
    before = written;
    if (!settled) throw new Error(`still growing: ${written}`);
  });
  assert.ok(written < 40 * 1024 * 1024, `${written} bytes were taken from the endpoint`);
});

test('an endpoint that does not read slows the caller down instead of filling memory', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => socket.pause());
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 500000000\r\n\r\n');
  const chunk = Buffer.alloc(1024 * 1024);
  let sent = 0;
  const more = (): void => {
    while (sent < 400) {
      sent++;
      if (!client.socket.write(chunk)) {
        client.socket.once('drain', more);
        return;
      }
    }
  };
  more();
  let before = -1;
  await eventually(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const settled = before === sent;
    before = sent;
    if (!settled) throw new Error(`still growing: ${sent}`);
  });
  assert.ok(sent < 40, `${sent} MiB were taken from the caller`);
  assert.equal(proxy.replayBudget.used, 0, 'what is over the limit is not kept');
});

test('a caller that leaves ends the request at the endpoint', async (t) => {
  let closed = false;
  const upstream = await startUpstream(t, (request) => {
    request.socket.on('close', () => {
      closed = true;
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments/slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => assert.deepEqual(upstream.seen, ['GET /slow']));
  client.socket.destroy();
  await eventually(() => assert.equal(closed, true));
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
  assert.equal(facts?.status, 499);
  assert.equal(facts?.attempts.length, 1);
  assert.equal(proxy.forwarder.active, 0);
});

test('a caller that leaves in the middle of an answer ends it at the endpoint', async (t) => {
  let closed = false;
  const upstream = await startUpstream(t, (request, response) => {
    request.socket.on('close', () => {
      closed = true;
    });
    response.write('first part');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/first part/);
  client.socket.destroy();
  await eventually(() => assert.equal(closed, true));
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
});

for (const [framing, head, version] of [
  ['with a length', 'Content-Length: 100\r\n', '1.1'],
  ['chunked', 'Transfer-Encoding: chunked\r\n', '1.1'],
  ['chunked, to a caller of HTTP/1.0', 'Transfer-Encoding: chunked\r\n', '1.0'],
] as const) {
  test(`an answer that breaks off is seen to be broken: ${framing}`, async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n5\r\nhello\r\n`, () =>
          setTimeout(() => socket.destroy(), 20),
        );
      });
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const client = new RawClient(t, proxy.port);
    client.send(`GET /payments HTTP/${version}\r\nHost: a\r\n\r\n`);
    const received = await client.untilClosed();
    assert.doesNotMatch(received, /0\r\n\r\n$/);
    if (version === '1.0')
      assert.equal(client.reset, true, 'only a reset tells HTTP/1.0 that it is not the whole');
    else assert.match(received, /hello/);
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.reason, 'upstream_reset');
  });
}

test('an answer without a length that ends with its connection is whole', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(await response.text(), 'all of it');
});

test('an early refusal reaches a caller that is still sending', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(413, { connection: 'close' });
    response.end('too much');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
  assert.match(await client.until(/too much/), /^HTTP\/1\.1 413 /);
});

for (const [what, answer] of [
  ['bytes that are not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['a header section that is too large', `HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(100_000)}\r\n\r\n`],
] as const) {
  test(`an endpoint that answers ${what} is a 502, never passed on`, async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      socket.once('data', () => socket.write(answer));
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const response = await fetch(`${proxy.url}/payments`, { method: 'POST' });
    assert.equal(response.status, 502);
    assert.equal(response.headers.get('x-ambassador-error'), 'upstream_protocol_error');
  });
}

test('an endpoint that takes no more of a long request is late, and not the caller', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => socket.pause());
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, idle: 200 } }),
  });
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n');
  client.send(Buffer.alloc(50_000_000));
  await client.until(/^HTTP\/1\.1 504 .*x-ambassador-error: upstream_timeout/is);
});
