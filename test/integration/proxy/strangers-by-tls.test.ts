// What a web page can do to a listener of TLS, where a browser speaks HTTP/2, tried in a real Chromium: nothing either.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { openPage, startBrowser } from '../../support/browser.ts';
import { selfSigned } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { listenLocally } from '../../support/listen-locally.ts';
import { unusedPort } from '../../support/upstreams.ts';
import { FURTHER_WAYS, WAYS } from '../../support/ways-of-pages.ts';

interface World {
  readonly ambassador: AmbassadorProcess;
  /** `https://localhost:PORT`. */
  readonly url: string;
  readonly reached: readonly string[];
  /** A page of a stranger, which may have service workers. */
  readonly page: Page;
}

async function startWorld(t: TestContext): Promise<World> {
  const reached: string[] = [];
  const service = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'text/html');
    response.end('<title>service</title>');
  });
  service.on('upgrade', (request, socket) => {
    reached.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  const folder = temporaryFolder();
  const { cert, key } = selfSigned({ dns: ['localhost'] });
  const [certFile, keyFile] = [join(folder, 'own.crt'), join(folder, 'own.key')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      listenTls: { certFile, keyFile },
      accessLog: { sample: 1 },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${await listenLocally(t, service)}`] } } },
    },
  });
  const pages = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
    const to = decodeURIComponent(search.slice(1));
    if (pathname === '/redirect') {
      response.writeHead(307, { location: to }).end();
      return;
    }
    const isWorker = pathname === '/worker.js';
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? workerThatCalls(to) : '<title>page</title>');
  });
  const browser = await startBrowser(
    '--host-resolver-rules=MAP *.test 127.0.0.1',
    '--ignore-certificate-errors',
  );
  t.after(() => browser.close());
  const { page } = await openPage(browser);
  await page.goto(`http://localhost:${await listenLocally(t, pages)}/`);
  return { ambassador, url: ambassador.url.replace('http://127.0.0.1', 'https://localhost'), reached, page };
}

function workerThatCalls(url: string): string {
  const call = `fetch(${JSON.stringify(url)}, { method: 'POST', mode: 'no-cors', body: 'x' })`;
  return `addEventListener('install', (event) => event.waitUntil(${call}.catch(() => {})))`;
}

const SERVICE_WORKER = `(url) => void navigator.serviceWorker.register('/worker.js?' + encodeURIComponent(url)).catch(() => {})`;

function loggedFor({ log }: AmbassadorProcess, path: string): Readonly<Record<string, unknown>> {
  const line = log.find((logged) => logged['path'] === path);
  if (line === undefined) throw new Error(`no response for ${path}`);
  return line;
}

test('no way of a page of another origin leads to a service, a service worker of its own included', async (t) => {
  const { ambassador, url, reached, page } = await startWorld(t);
  const { navigation = '', ...staying } = WAYS;
  const ways = { ...staying, ...FURTHER_WAYS, 'service worker': SERVICE_WORKER, navigation };
  for (const [index, [way, source]] of Object.entries(ways).entries()) {
    await page.evaluate(`void (${source})(${JSON.stringify(`${url}/payments/act/${index}`)})`);
    const { status, httpVersion } = await eventually(() => loggedFor(ambassador, `/payments/act/${index}`));
    assert.deepEqual([way, status], [way, 403]);
    if (way !== 'web socket') assert.equal(httpVersion, '2', way);
  }
  assert.deepEqual(reached, []);
});

test('a page whose name is pointed here reaches nothing, and one that a service has served does', async (t) => {
  const { url, reached, page } = await startWorld(t);
  await page.goto(`${url.replace('localhost', 'rebound.test')}/payments/`);
  const post = (): Promise<number> =>
    page.evaluate(async () => (await fetch('/payments/x', { method: 'POST', body: 'x' })).status);
  assert.equal(await post(), 403);
  assert.deepEqual(reached, []);
  await page.goto(`${url}/payments/page`);
  assert.equal(await post(), 200);
  await page.evaluate(`void (${WAYS['web socket']})(${JSON.stringify(`${url}/payments/socket`)})`);
  await eventually(() => assert.ok(reached.some((request) => request === 'UPGRADE /socket')));
});
