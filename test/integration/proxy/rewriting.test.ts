import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fallbackOptions } from '../../../src/policy/stale/fallback-options.ts';
import type { ProxyOptions } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

async function behindProxy(t: TestContext, options: Partial<ProxyOptions> = {}, respond?: RequestListener) {
  const seen: IncomingHttpHeaders[] = [];
  const upstream = await startUpstream(t, (request, response) => {
    seen.push(request.headers);
    if (respond === undefined) response.end(request.url);
    else respond(request, response);
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, ...options });
  const ask = async (head: string) => {
    const client = new RawClient(t, proxy.port);
    client.send(`${head}\r\nConnection: close\r\n\r\n`);
    return client.untilClosed();
  };
  return { upstream, proxy, seen, ask, own: `127.0.0.1:${upstream.port}` };
}

const host = (wanted: string): Partial<ProxyOptions> => ({
  policy: (policy) => ({ ...policy, host: wanted }),
});

for (const [how, head, called] of [
  ['host', 'GET /x HTTP/1.1\r\nHost: payments.localhost:15000', 'payments.localhost:15000'],
  [
    'absolute target',
    'GET http://payments.service.consul/x HTTP/1.1\r\nHost: ignored',
    'payments.service.consul',
  ],
  ['path', 'GET /payments/x HTTP/1.1\r\nHost: localhost:15000', 'localhost:15000'],
  ['header', 'GET /x HTTP/1.1\r\nHost: localhost\r\nx-ambassador-service: payments', 'localhost'],
] as const) {
  test(`by ${how} the endpoint sees the Host that fits, or the one that is configured`, async (t) => {
    const keeps = how === 'host' || how === 'absolute target';
    for (const [options, expected] of [
      [{}, keeps ? called : 'own'],
      [host('keep'), called],
      [host('endpoint'), 'own'],
      [host('shop.example.com'), 'shop.example.com'],
    ] as const) {
      const { seen, ask, own } = await behindProxy(t, options);
      assert.match(await ask(head), /^HTTP\/1\.1 200 /);
      assert.equal(seen[0]?.host, expected === 'own' ? own : expected);
      assert.equal(seen[0]?.['x-forwarded-host'], called);
      assert.equal(seen[0]?.['x-forwarded-prefix'], how === 'path' ? '/payments' : undefined);
    }
  });
}

test('header rules and a path rule of a service, and other ones of a route', async (t) => {
  const { seen, upstream, ask } = await behindProxy(
    t,
    {
      policy: (policy) => {
        const rules = (team: string) => ({
          request: { dropped: new Set(['x-team', 'user-agent']), appended: ['X-Team', team] },
          response: { dropped: new Set(['x-powered-by']), appended: ['x-served-by', team] },
        });
        return {
          ...policy,
          headers: rules('shop'),
          rewrite: { path: { prefix: '/v1', replacement: '' } },
          routes: [
            {
              ...policy,
              match: { methods: ['PUT'], pathPrefix: undefined, header: undefined },
              headers: rules('back-office'),
            },
          ],
        };
      },
    },
    (_request, response) => {
      response.setHeader('X-Powered-By', 'magic');
      response.setHeader('Location', '/next');
      response.end();
    },
  );
  const got = await ask(
    'GET /payments/v1/charge?a=%2F HTTP/1.1\r\nHost: localhost\r\nx-team: mine\r\nUser-Agent: u',
  );
  await ask('PUT /payments/v1/charge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0');
  assert.deepEqual(upstream.seen, ['GET /charge?a=%2F', 'PUT /v1/charge']);
  assert.deepEqual([seen[0]?.['x-team'], seen[0]?.['user-agent']], ['shop', undefined]);
  assert.equal(seen[1]?.['x-team'], 'back-office');
  assert.equal(seen[0]?.['x-forwarded-prefix'], '/payments/v1');
  assert.match(got, /\r\nx-served-by: shop\r\n/);
  assert.match(got, /\r\nLocation: \/payments\/v1\/next\r\n/);
  assert.doesNotMatch(got, /powered/i);
});

test('redirects and cookies come back only where the path names the service, or as configured', async (t) => {
  const respond: RequestListener = (request, response) => {
    response.writeHead(302, {
      location: `http://${request.headers.host}/new`,
      'set-cookie': ['a=1; Path=/', 'b=2'],
    });
    response.end();
  };
  const { ask, own } = await behindProxy(t, {}, respond);
  const byPath = await ask('GET /payments/x HTTP/1.1\r\nHost: localhost');
  assert.match(byPath, /\r\nlocation: \/payments\/new\r\n/);
  assert.match(byPath, /\r\nset-cookie: a=1; Path=\/payments\r\nset-cookie: b=2\r\n/);
  const byHeader = await ask('GET /x HTTP/1.1\r\nHost: localhost\r\nx-ambassador-service: payments');
  assert.match(byHeader, new RegExp(`\r\nlocation: http://${own}/new\r\n`));
  assert.match(byHeader, /\r\nset-cookie: a=1; Path=\/\r\n/);
  const on = await behindProxy(
    t,
    { policy: (policy) => ({ ...policy, rewrite: { location: true } }) },
    respond,
  );
  assert.match(
    await on.ask('GET /x HTTP/1.1\r\nHost: localhost\r\nx-ambassador-service: payments'),
    /\r\nlocation: \/new\r\nset-cookie: a=1; Path=\/\r\n/,
  );
  const off = await behindProxy(
    t,
    { policy: (policy) => ({ ...policy, rewrite: { location: false, cookies: false } }) },
    respond,
  );
  assert.match(
    await off.ask('GET /payments/x HTTP/1.1\r\nHost: localhost'),
    new RegExp(`\r\nlocation: http://${off.own}/new\r\n`),
  );
});

test('a switch of protocols has its cookies brought back, and the rules of its service', async (t) => {
  const { upstream, proxy } = await behindProxy(t, {
    policy: (policy) => ({
      ...policy,
      headers: { response: { dropped: new Set(['server']), appended: ['x-served-by', 'shop'] } },
    }),
  });
  upstream.server.on('upgrade', (_request, socket) => {
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: keep-alive, upgrade\r\nupgrade: chat\r\nServer: magic\r\nSet-Cookie: io=1; Path=/\r\n\r\nhello',
    );
  });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments/x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
  const [head = ''] = (await client.until(/hello$/)).split('\r\n\r\n');
  assert.deepEqual(head.split('\r\n'), [
    'HTTP/1.1 101 Switching Protocols',
    ...['Connection: Upgrade', 'Upgrade: chat', 'Set-Cookie: io=1; Path=/payments', 'x-served-by: shop'],
  ]);
});

test('a redirect to a service by its name in Consul leads to its path, where a path leads there', async (t) => {
  const names = [
    'payments.service.consul',
    'PAYMENTS.service.dc1.consul',
    'fraud.service.consul.:9090',
    'v2.fraud.service.consul',
    'fraud.service.dc2.consul',
    'fraud.query.consul',
    'secret.service.consul',
    'nobody.service.consul',
  ];
  const respond: RequestListener = (request, response) => {
    const name = names[Number(request.url?.slice(1))];
    response.writeHead(302, { location: `http://${name}/new` });
    response.end();
  };
  const upstream = await startUpstream(t, respond);
  const services = { payments: [upstream.port], fraud: [], secret: [] };
  const { ask } = await behindProxy(t, { services, strangers: { allowedServices: ['payments', 'fraud'] } });
  const located = async (head: string) => /location: (\S*)/i.exec(await ask(head))?.[1];
  const byPath = [];
  for (const index of names.keys())
    byPath.push(await located(`GET /payments/${index} HTTP/1.1\r\nHost: localhost`));
  assert.deepEqual(byPath, [
    ...['/payments/new', '/payments/new', '/fraud/new'],
    ...names.slice(3).map((name) => `http://${name}/new`),
  ]);
  assert.equal(
    await located('GET /2 HTTP/1.1\r\nHost: payments.localhost'),
    'http://fraud.service.consul.:9090/new',
  );
});

test('a service that stands in gets the request by its own rules, and none of the other one’s', async (t) => {
  const stand = await startUpstream(t, (request, response) => {
    response.end(JSON.stringify({ url: request.url, ...request.headers }));
  });
  const { ask } = await behindProxy(t, {
    services: { payments: [], fraud: [stand.port] },
    policy: (policy, service) =>
      service === 'payments'
        ? {
            ...policy,
            host: 'payments.example.com',
            fallback: fallbackOptions.parse({ service: 'fraud' }),
            headers: {
              request: { dropped: new Set<string>(), appended: ['authorization', 'payments secret'] },
            },
            rewrite: { path: { prefix: '/v1', replacement: '/internal' } },
          }
        : { ...policy, headers: { request: { dropped: new Set<string>(), appended: ['x-own', 'fraud'] } } },
  });
  const got = await ask('GET /payments/v1/charge HTTP/1.1\r\nHost: localhost');
  const sent = JSON.parse(got.slice(got.indexOf('{'), got.lastIndexOf('}') + 1));
  assert.deepEqual(
    [sent.url, sent.authorization, sent['x-own'], sent.host],
    ['/v1/charge', undefined, 'fraud', `127.0.0.1:${stand.port}`],
  );
});
