// What a web page can do to the two ports, tried in a real Chromium: nothing, unless it is allowed to.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { openPage, startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { listenLocally } from '../../support/listen-locally.ts';
import { RawClient } from '../../support/raw-client.ts';
import { unusedPort } from '../../support/upstreams.ts';
import { FURTHER_WAYS, WAYS } from '../../support/ways-of-pages.ts';
import type { WireTap } from '../../support/wire-tap.ts';
import { startWireTap } from '../../support/wire-tap.ts';

let browser: Browser;

before(async () => {
  // Whatever its name, a page of a stranger is served from here, and so is what its name is pointed at later.
  browser = await startBrowser('--host-resolver-rules=MAP *.test 127.0.0.1');
});

after(() => browser.close());

interface World {
  readonly ambassador: AmbassadorProcess;
  /** Every request that has reached the service. */
  readonly reached: readonly string[];
  /** A server of empty pages. */
  readonly pagePort: number;
}

async function startWorld(
  t: TestContext,
  config: Readonly<Record<string, unknown>> = {},
  pagePort = 0,
): Promise<World> {
  const reached: string[] = [];
  const service = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'text/html');
    response.end('<title>service</title>');
  });
  service.on('upgrade', (request: IncomingMessage, socket) => {
    reached.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  const pages = createServer((request, response) => {
    const [, to] = request.url?.split('/redirect?', 2) ?? [];
    if (to !== undefined) {
      // Method and content stay as they are (RFC 9110 §15.4.8).
      response.writeHead(307, { location: decodeURIComponent(to) }).end();
      return;
    }
    response.setHeader('content-type', 'text/html');
    response.end('<title>page</title>');
  });
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      services: { payments: { discover: { endpoints: [`127.0.0.1:${await listenLocally(t, service)}`] } } },
      ...config,
    },
  });
  return { ambassador, reached, pagePort: await listenLocally(t, pages, pagePort) };
}

/** What the page's request gets on the wire. */
async function statusOf(page: Page, way: string, tap: WireTap, target: string): Promise<number> {
  await page.evaluate(`void (${WAYS[way] ?? FURTHER_WAYS[way]})(${JSON.stringify(tap.url + target)})`);
  return eventually(() => {
    const status = tap.statusOf(target);
    if (status === undefined) throw new Error(`no response by ${way} for ${target}`);
    return status;
  });
}

async function openAt(url: string): Promise<Page> {
  const { page } = await openPage(browser);
  await page.goto(url);
  return page;
}

const { navigation: _, ...STAYING } = { ...WAYS, ...FURTHER_WAYS };

for (const host of ['evil.test', 'localhost']) {
  test(`no way of a page at another port of ${host} leads to a service or to the admin API`, async (t) => {
    const { ambassador, reached, pagePort } = await startWorld(t);
    for (const [url, path] of [
      [ambassador.url, '/payments/act'],
      [ambassador.adminUrl, '/metrics'],
    ] as const) {
      const tap = await startWireTap(t, url);
      const page = await openAt(`http://${host}:${pagePort}/`);
      for (const [index, way] of Object.keys(STAYING).entries()) {
        assert.equal(await statusOf(page, way, tap, `${path}?${index}`), 403, `${way} to ${path}`);
      }
      assert.equal(await statusOf(page, 'navigation', tap, `${path}?last`), 403, `navigation to ${path}`);
      // A page that is on its way elsewhere may never close.
      await page.waitForURL(`${tap.url}${path}?last`);
      await page.close();
    }
    assert.deepEqual(reached, []);
  });
}

test('nor does any at an address that leads here, and that browsers do not take for this machine', async (t) => {
  const { ambassador, reached, pagePort } = await startWorld(t);
  const ways = ['image without referrer', 'script', 'style', 'frame', 'no-cors'];
  for (const [url, path] of [
    [ambassador.url, '/payments/act'],
    [ambassador.adminUrl, '/metrics'],
  ] as const) {
    const tap = await startWireTap(t, url);
    const page = await openAt(`http://evil.test:${pagePort}/`);
    for (const host of ['0.0.0.0', '[::ffff:127.0.0.1]', '[::ffff:0:0]']) {
      const there = { ...tap, url: tap.url.replace('localhost', host) };
      for (const way of ways) {
        const target = `${path}?${way.replaceAll(' ', '-')}-${host.length}`;
        assert.equal(await statusOf(page, way, there, target), 403, `${way} to ${host} ${path}`);
      }
    }
    await page.close();
  }
  assert.deepEqual(reached, []);
});

test('a page whose name is pointed here reaches nothing, though it is of the same origin by then', async (t) => {
  const { ambassador, reached } = await startWorld(t);
  for (const base of [ambassador.url, ambassador.adminUrl]) {
    const page = await openAt(`${base.replace('127.0.0.1', 'rebound.test')}/payments/`);
    const seen = await page.evaluate(async () => {
      const headers = { 'x-ambassador-service': 'payments', 'x-ambassador-explain': '1' };
      const posted = await fetch('/payments/x', { method: 'POST', body: 'x' });
      const read = await fetch('/metrics', { headers });
      return [posted.status, read.status];
    });
    assert.deepEqual(seen, [403, 403], base);
  }
  assert.deepEqual(reached, []);
});

test('a page that a service has served, an address that a person types and the dashboard are served', async (t) => {
  const { ambassador, reached } = await startWorld(t);
  const tap = await startWireTap(t, ambassador.url);
  const page = await openAt(`${tap.url}/payments/page`);
  assert.equal(await page.title(), 'service');
  for (const way of ['form', 'no-cors', 'image', 'event stream']) {
    assert.equal(await statusOf(page, way, tap, `/payments/${encodeURIComponent(way)}`), 200, way);
  }
  await page.evaluate(`void (${WAYS['web socket']})(${JSON.stringify(`${tap.url}/payments/socket`)})`);
  await eventually(() => assert.ok(reached.includes('UPGRADE /socket')));
  const admin = await startWireTap(t, ambassador.adminUrl);
  const dashboard = await openAt(`${admin.url}/`);
  assert.equal(await statusOf(dashboard, 'cors', admin, '/api/overview?again'), 200);
});

test('pages of an allowed origin are served, with and without an Origin field, and others are not', async (t) => {
  const pagePort = await unusedPort();
  const { ambassador, reached } = await startWorld(
    t,
    { allowedOrigins: [`http://friend.test:${pagePort}`] },
    pagePort,
  );
  const tap = await startWireTap(t, ambassador.url);
  for (const way of ['no-cors', 'image']) {
    const friend = await openAt(`http://friend.test:${pagePort}/`);
    assert.equal(await statusOf(friend, way, tap, `/payments/${way}`), 200, way);
  }
  const stranger = await openAt(`http://evil.test:${pagePort}/`);
  assert.equal(await statusOf(stranger, 'no-cors', tap, '/payments/x'), 403);
  assert.deepEqual(reached, ['POST /no-cors', 'GET /image']);
});

test('the refusal is a problem document with the line to configure, and says nothing of services', async (t) => {
  const { ambassador, reached } = await startWorld(t, { allowedServices: ['payments'] });
  const port = Number(new URL(ambassador.url).port);
  for (const [fields, detail] of [
    ['Host: shop.example', /allowedHosts: \["shop\.example"\]/],
    ['Host: localhost\r\nOrigin: http://evil.example', /allowedOrigins: \["http:\/\/evil\.example"\]/],
  ] as const) {
    const client = new RawClient(t, port);
    client.send(`GET /payments/x HTTP/1.1\r\n${fields}\r\nConnection: close\r\n\r\n`);
    await client.untilClosed();
    const [head = '', body = ''] = client.received.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 403 /);
    assert.match(head, /x-ambassador-error: forbidden/i);
    assert.match(head, /content-type: application\/problem\+json/i);
    assert.match(JSON.parse(body).detail, detail);
  }
  assert.deepEqual(reached, []);
  const other = await fetch(`${ambassador.url}/x`, { headers: { 'x-ambassador-service': 'fraud' } });
  assert.equal(other.status, 403);
  assert.match(await other.text(), /allowedServices/);
  assert.equal((await fetch(`${ambassador.url}/Payments/x`)).status, 200);
});
