import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

test('a request is answered by an endpoint of the service that its path names', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('charged'));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const response = await fetch(`${proxy.url}/payments/charge?amount=3`, { method: 'POST', body: 'abc' });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'charged');
  assert.deepEqual(upstream.seen, ['POST /charge?amount=3']);
});

for (const [sent, expected] of [
  ['/payments', '/'],
  ['/payments?x=1', '/?x=1'],
  ['/payments/', '/'],
  ['/payments//a//b', '//a//b'],
  ['/payments/a%2Fb/%zz/../c', '/a%2Fb/%zz/../c'],
  ['/payments/a?b=%20c&d=/%', '/a?b=%20c&d=/%'],
] as const) {
  test(`the target ${sent} reaches the endpoint as ${expected}`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.end());
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const client = new RawClient(t, proxy.port);
    client.send(`GET ${sent} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 200/);
    assert.deepEqual(upstream.seen, [`GET ${expected}`]);
  });
}

for (const method of ['PROPFIND', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'M-SEARCH', 'QUERY', 'PURGE']) {
  test(`${method} is forwarded like any method`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.end());
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const client = new RawClient(t, proxy.port);
    client.send(`${method} /payments/x HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await client.until(/^HTTP\/1\.1 200/);
    assert.deepEqual(upstream.seen, [`${method} /x`]);
  });
}

test('HEAD keeps the length of the answer and the connection to the endpoint', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.setHeader('content-length', '1234');
    response.end();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${proxy.url}/payments/`, { method: 'HEAD' });
    assert.equal(response.headers.get('content-length'), '1234');
  }
  assert.equal(upstream.connections.size, 1);
});

for (const status of [204, 304]) {
  test(`${status} has no body and leaves the connection usable`, async (t) => {
    const upstream = await startUpstream(t, (_request, response) => {
      response.statusCode = status;
      response.end();
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const client = new RawClient(t, proxy.port);
    client.send('GET /payments/a HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until(new RegExp(`^HTTP/1.1 ${status} .*\r\n\r\n$`, 's'));
    client.send('GET /payments/b HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until(new RegExp(`(HTTP/1.1 ${status} .*\r\n\r\n){2}$`, 's'));
    assert.deepEqual(upstream.seen, ['GET /a', 'GET /b']);
  });
}

test('headers keep their order, case and repetitions on the way back', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, ['X-One', '1', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Latin', 'caf\xe9']);
    response.end('x');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const received = await client.until(/\r\n\r\n.*x/s);
  assert.match(received, /X-One: 1\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\n/);
});

test('response trailers reach the caller', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { trailer: 'x-checksum' });
    response.write('body');
    response.addTrailers({ 'x-checksum': 'abc' });
    response.end();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: localhost\r\nTE: trailers\r\n\r\n');
  assert.match(await client.until(/0\r\nx-checksum: abc\r\n\r\n$/), /^HTTP\/1\.1 200 OK/);
});

test('103 Early Hints reach the caller before the answer', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('done'));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const received = await client.until(/done/);
  assert.match(
    received,
    /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/i,
  );
});

test('a client that expects 100-continue gets it from the endpoint', async (t) => {
  let expectField: string | undefined = 'unset';
  const upstream = await startUpstream(t, (request, response) => {
    expectField = request.headers.expect;
    request.pipe(response);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(
    'POST /payments HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
  );
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.send('abc');
  await client.until(/HTTP\/1\.1 200 OK.*abc/s);
  assert.equal(expectField, '100-continue');
});
