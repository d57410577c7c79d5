// CONNECT, as clients with an HTTP_PROXY use it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ProxyAgent, request, WebSocket } from 'undici';
import { runProgram } from '../../support/ambassador-process.ts';
import { runCurl } from '../../support/curl.ts';
import { eventually } from '../../support/eventually.ts';
import { findProgram } from '../../support/find-program.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

const CONNECT = 'CONNECT payments.service.consul:80 HTTP/1.1\r\nHost: payments.service.consul:80\r\n\r\n';

async function startPayments(t: TestContext) {
  const upstream = await startUpstream(t, (request, response) => {
    response.end(`${request.method} ${request.url}`);
  });
  const proxy = await startProxy(t, { services: { payments: [await unusedPort(), upstream.port] } });
  return { upstream, proxy };
}

test('requests in a tunnel go the way of all others, one after the other', async (t) => {
  const { proxy } = await startPayments(t);
  const client = new RawClient(t, proxy.port);
  client.send(CONNECT);
  await client.until(/^HTTP\/1\.1 200 OK\r\n\r\n$/);
  // Which endpoint is picked first is a matter of chance.
  const wasReplaced = (): boolean => proxy.finished.some(({ attempts }) => attempts.length === 2);
  let sent = 0;
  while (sent < 4 || (sent < 100 && !wasReplaced())) {
    client.send(`GET /charge/${sent} HTTP/1.1\r\nHost: payments.service.consul\r\n\r\n`);
    await client.until(new RegExp(`GET /charge/${sent}$`));
    sent++;
  }
  const facts = await proxy.untilFinished(sent);
  assert.deepEqual(
    facts.map(({ method, service, status, addressing }) => [method, service, status, addressing]),
    Array(sent).fill(['GET', 'payments', 200, 'host']),
  );
  assert.ok(wasReplaced(), 'the endpoint that is down was replaced');
  assert.equal(proxy.forwarder.active, 0);
});

test('what is sent together with the CONNECT is not lost, in whatever pieces it comes', async (t) => {
  const { proxy } = await startPayments(t);
  for (const pieces of [
    [`${CONNECT}GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n`],
    [...`${CONNECT}GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n`],
  ]) {
    const client = new RawClient(t, proxy.port);
    client.socket.setNoDelay(true);
    for (const piece of pieces) client.send(piece);
    await client.until(/GET \/a[\s\S]*GET \/b$/);
  }
});

test('a host that is no service is refused in a sentence that helps, and the connection stays', async (t) => {
  const { proxy } = await startPayments(t);
  const client = new RawClient(t, proxy.port);
  client.send('CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n');
  await client.until(
    /^HTTP\/1\.1 404 The forward proxy [^\r]*NO_PROXY=api\.example\.com[\s\S]*NO_PROXY=api\.example\.com[\s\S]*passThrough: \[\\"api\.example\.com\\"\]/,
  );
  client.send('CONNECT nosuch:80 HTTP/1.1\r\nHost: nosuch:80\r\n\r\n');
  await client.until(/unknown_service[\s\S]*NO_PROXY=nosuch/);
  client.send(CONNECT);
  await client.until(/HTTP\/1\.1 200 OK\r\n\r\n$/);
  const facts = await proxy.untilFinished(2);
  assert.deepEqual(
    facts.map(({ method, status, reason }) => [method, status, reason]),
    [
      ['CONNECT', 404, 'no_route'],
      ['CONNECT', 404, 'unknown_service'],
    ],
  );
});

test('a target without a port, content, or another faulty one is a bad request', async (t) => {
  const { proxy } = await startPayments(t);
  for (const head of [
    'CONNECT payments HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT payments:0 HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT payments:65536 HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT /payments HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT payments:80 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi',
  ]) {
    const client = new RawClient(t, proxy.port);
    client.send(head);
    await client.until(/^HTTP\/1\.1 400 [\s\S]*"bad_request"/);
  }
});

test('services that may not be called, and tunnels of web pages, are refused', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end());
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port], fraud: [upstream.port] },
    strangers: { allowedServices: ['fraud'] },
  });
  const client = new RawClient(t, proxy.port);
  client.send(CONNECT);
  await client.until(/^HTTP\/1\.1 403 [\s\S]*allowedServices: \[\\"payments\\"\]/);
  const page = new RawClient(t, proxy.port);
  page.send('CONNECT fraud:80 HTTP/1.1\r\nHost: fraud:80\r\nSec-Fetch-Site: cross-site\r\n\r\n');
  await page.until(/^HTTP\/1\.1 403 /);
  const inside = new RawClient(t, proxy.port);
  inside.send('CONNECT fraud:80 HTTP/1.1\r\nHost: fraud:80\r\n\r\n');
  await inside.until(/200/);
  inside.send('GET / HTTP/1.1\r\nHost: fraud\r\nOrigin: http://evil.example\r\n\r\n');
  await inside.until(/HTTP\/1\.1 403 /);
  assert.deepEqual(upstream.seen, []);
});

test('hosts that may pass through are reached directly, bytes in both directions, half-closes too', async (t) => {
  const echo = await startTcpUpstream(t, (socket) => {
    socket.write('+greeting\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    socket.on('end', () => socket.end(`you said ${text}`));
  });
  const proxy = await startProxy(t, { services: {}, passThrough: ['127.0.0.1'] });
  const client = new RawClient(t, proxy.port);
  client.send(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.until(/^HTTP\/1\.1 200 OK\r\n\r\n\+greeting\r\n$/);
  client.socket.end('hello');
  await client.until(/you said hello$/);
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.status, facts?.reason, facts?.upgraded], [200, undefined, true]);
  const refused = new RawClient(t, proxy.port);
  refused.send(`CONNECT 127.0.0.1:${await unusedPort()} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await refused.until(/^HTTP\/1\.1 503 [\s\S]*"connect_failure"/);
});

test('a tunnel to the ambassador itself leaves it to each request to name its service', async (t) => {
  const { proxy } = await startPayments(t);
  const client = new RawClient(t, proxy.port);
  client.send(`CONNECT localhost:${proxy.port} HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`);
  await client.until(/200/);
  client.send(`GET /payments/own HTTP/1.1\r\nHost: localhost:${proxy.port}\r\n\r\n`);
  await client.until(/GET \/own$/);
});

test('a client that leaves its tunnel before it says anything leaves nothing behind', async (t) => {
  const { proxy } = await startPayments(t);
  const client = new RawClient(t, proxy.port);
  client.send(CONNECT);
  await client.until(/200/);
  client.socket.destroy();
  await eventually(() => {
    assert.equal(proxy.forwarder.active, 0);
    assert.equal(proxy.listener.connections, 0);
  });
});

test("curl, undici and Node's own fetch call a service through HTTP_PROXY, by CONNECT and in absolute form", async (t) => {
  const { proxy } = await startPayments(t);
  const url = 'http://payments.service.consul/charge?a=1';
  for (const args of [
    ['--proxy', proxy.url],
    ['--proxytunnel', '--proxy', proxy.url],
  ]) {
    const { stdout } = await runCurl(['-sS', ...args, url]);
    assert.equal(stdout, 'GET /charge?a=1', args.join(' '));
  }
  const agent = new ProxyAgent({ uri: proxy.url });
  t.after(() => agent.close());
  const response = await request(url, { dispatcher: agent, method: 'POST', body: 'x' });
  assert.equal(await response.body.text(), 'POST /charge?a=1');
  const program = `for (const n of [1, 2]) console.log(await (await fetch('${url}')).text());`;
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url };
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', program], env);
  assert.equal(stdout, 'GET /charge?a=1\nGET /charge?a=1\n', stderr);
});

const PYTHON = `
import sys, urllib.request
url, proxy = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
print(opener.open(url).read().decode())
try:
    import requests
except ImportError:
    pass
else:
    session = requests.Session()
    session.proxies = {"http": proxy}
    for _ in range(2): print(session.post(url, data="x").text)
`;

test("Python's urllib, and requests where it is installed, call a service through HTTP_PROXY", async (t) => {
  const python = findProgram('python3');
  if (python === undefined) {
    t.skip('python3 is needed: apt-get install python3');
    return;
  }
  const { proxy } = await startPayments(t);
  const url = 'http://payments.service.consul/charge';
  const { stdout, stderr } = await runProgram(python, ['-c', PYTHON, url, proxy.url]);
  assert.match(stdout, /^GET \/charge\n(POST \/charge\nPOST \/charge\n)?$/, stderr);
});

test('a WebSocket through the proxy is a request like any other, and then bytes', async (t) => {
  const { upstream, proxy } = await startPayments(t);
  upstream.server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.from('\x81\x05hello', 'latin1'));
    socket.on('end', () => socket.end());
  });
  const agent = new ProxyAgent({ uri: proxy.url });
  t.after(() => agent.close());
  const socket = new WebSocket('ws://payments.service.consul/feed', { dispatcher: agent });
  const message = await new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => resolve(data));
    socket.addEventListener('error', reject);
  });
  assert.equal(message, 'hello');
  for (const connection of upstream.connections) connection.end();
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.status, facts?.upgraded, facts?.service], [101, true, 'payments']);
});

test('HTTP/2 with prior knowledge in a tunnel, as gRPC clients speak it, is requests like any other', async (t) => {
  const { upstream, proxy } = await startPayments(t);
  const tunnel = connect({ port: proxy.port, host: '127.0.0.1' });
  t.after(() => tunnel.destroy());
  tunnel.write(CONNECT);
  await once(tunnel, 'data');
  const session = http2Connect('http://payments.service.consul', { createConnection: () => tunnel });
  t.after(() => session.destroy());
  const answers = ['/a', '/b'].map(async (path) => {
    const stream = session.request({ ':path': path, ':authority': 'payments.service.consul' });
    stream.setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  });
  assert.deepEqual(await Promise.all(answers), ['GET /a', 'GET /b']);
  const facts = await proxy.untilFinished(2);
  assert.deepEqual(
    facts.map(({ httpVersion, service, addressing }) => [httpVersion, service, addressing]),
    Array(2).fill(['2', 'payments', 'host']),
  );
  assert.equal(upstream.seen.length, 2);
});
