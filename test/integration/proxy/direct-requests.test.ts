// Requests in absolute form to hosts that are no services, and that the configuration lets through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCurl } from '../../support/curl.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

test('a request goes once, in origin form, with its Host, its content and its trailers', async (t) => {
  const upstream = await startUpstream(t, async (request, response) => {
    let content = '';
    for await (const chunk of request) content += chunk;
    response.setHeader('Location', '/next');
    response.end(`${request.headers.host} ${request.headers.via} ${content}`);
  });
  const proxy = await startProxy(t, { services: {}, passThrough: ['127.0.0.1'] });
  const url = `http://127.0.0.1:${upstream.port}/a%2Fb?c=1`;
  const { stdout } = await runCurl(['-sS', '-i', '--proxy', proxy.url, '-d', 'hello', url]);
  assert.match(stdout, new RegExp(`127\\.0\\.0\\.1:${upstream.port} 1\\.1 ambassador-test hello$`));
  assert.match(stdout, /\r\nLocation: \/next\r\n/);
  assert.deepEqual(upstream.seen, ['POST /a%2Fb?c=1']);
  const [facts] = await proxy.untilFinished(1);
  assert.deepEqual([facts?.service, facts?.status, facts?.reason], ['', 200, undefined]);
  assert.equal(proxy.forwarder.active, 0);
});

test('a host that cannot be connected to, and one that is not let through, are refused', async (t) => {
  const proxy = await startProxy(t, { services: {}, passThrough: ['127.0.0.1'] });
  const client = new RawClient(t, proxy.port);
  client.send(`GET http://127.0.0.1:${await unusedPort()}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.until(/^HTTP\/1\.1 503 [\s\S]*"connect_failure"/);
  client.send('GET http://127.0.0.2/ HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.until(/NO_PROXY=127\.0\.0\.2/);
  const own = new RawClient(t, proxy.port);
  own.send(`GET http://127.0.0.1:${proxy.port}/nosuch/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await own.until(/unknown_service/);
});

test('a client that leaves ends the request at the host', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.write('begun');
  });
  const proxy = await startProxy(t, { services: {}, passThrough: ['*'] });
  const client = new RawClient(t, proxy.port);
  client.send(`GET http://127.0.0.1:${upstream.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  await client.until(/begun/);
  client.socket.destroy();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.reason, 'client_gone');
  assert.equal(proxy.forwarder.active, 0);
});
