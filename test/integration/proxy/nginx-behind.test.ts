// What nginx, the endpoint of many a service, makes of requests that come through the ambassador.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { runCurl } from '../../support/curl.ts';
import { startNginx } from '../../support/nginx.ts';
import type { ProxyOptions } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';

async function shopBehindProxy(t: TestContext, policy?: ProxyOptions['policy']) {
  const port = await startNginx(
    t,
    (own) => `
server { listen 127.0.0.1:${own} default_server; location / { return 200 "default $host"; } }
server {
  listen 127.0.0.1:${own}; server_name shop.example.com shop.localhost;
  gzip on; gzip_min_length 1; gzip_types text/plain;
  location / { return 200 "shop $request_uri"; }
  location = /old { add_header Set-Cookie "seen=1; Path=/; Domain=shop.example.com" always; return 301 /new; }
}`,
  );
  const proxy = await startProxy(t, { services: { shop: [port] }, ...(policy && { policy }) });
  const get = async (path: string, ...args: string[]) =>
    (await runCurl(['-sS', ...args, `${proxy.url}${path}`])).stdout;
  return { port, proxy, get };
}

const asShop: ProxyOptions['policy'] = (policy) => ({ ...policy, host: 'shop.example.com' });

test('the Host decides which of its servers answers', async (t) => {
  const { port, proxy, get } = await shopBehindProxy(t);
  assert.equal(await get('/shop/x'), 'default 127.0.0.1');
  assert.equal(await get('/x', '-H', 'Host: shop.localhost'), 'shop /x');
  const forwarded = await runCurl(['-sS', '--proxy', proxy.url, 'http://shop.localhost/y']);
  assert.equal(forwarded.stdout, 'shop /y');
  assert.notEqual(port, proxy.port);
});

test('a redirect and a cookie of a virtual host lead a client back through the ambassador', async (t) => {
  const { get } = await shopBehindProxy(t, asShop);
  assert.equal(await get('/shop/x'), 'shop /x');
  const head = await get('/shop/old', '-i');
  assert.match(head, /\r\nLocation: \/shop\/new\r\n/i);
  assert.match(head, /\r\nSet-Cookie: seen=1; Path=\/shop\r\n/i);
  assert.equal(await get('/shop/old', '-L'), 'shop /new');
});

test('it compresses nothing for requests with a Via, and does without', async (t) => {
  const withVia = await shopBehindProxy(t, asShop);
  assert.doesNotMatch(
    await withVia.get('/shop/x', '-i', '-H', 'Accept-Encoding: gzip'),
    /Content-Encoding: gzip/i,
  );
  const without = await shopBehindProxy(t, (policy) => ({ ...policy, host: 'shop.example.com', via: false }));
  const head = await without.get('/shop/x', '-D', '-', '-o', '/dev/null', '-H', 'Accept-Encoding: gzip');
  assert.match(head, /Content-Encoding: gzip/i);
});
