// The page before a real ambassador, a real Consul and the sample services, while things go wrong with them.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { registerSample } from '../../../src/demo/register.ts';
import { DemoWorld } from '../../../src/demo/world.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, spawnAmbassador } from '../../support/ambassador-process.ts';
import type { WatchedPage } from '../../support/browser.ts';
import { openPage, startBrowser } from '../../support/browser.ts';
import { startLoad } from '../../support/load.ts';
import type { Upstream } from '../../support/upstreams.ts';
import { startUpstream } from '../../support/upstreams.ts';

const TOKEN = 'only-for-this-test';

/** Long enough for a slow machine, short enough for a test. */
const SOON = { timeout: 30_000 };

describe('the dashboard of a running ambassador', { concurrency: false }, () => {
  const cleanUps: (() => unknown)[] = [];
  const forAll = { after: (end: () => unknown) => void cleanUps.unshift(end) };
  let world: DemoWorld;
  let browser: Browser;
  let ambassador: AmbassadorProcess;
  let file: string;
  let bad: Upstream;

  const config = (sections: object = {}): string =>
    JSON.stringify(
      {
        consul: { address: world.consulAddress },
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0', token: TOKEN },
        accessLog: { sample: 0 },
        // Its bad endpoint is to be called as often as the good one.
        services: { ledger: { loadBalancer: { policy: 'roundRobin' } } },
        defaults: {
          circuitBreaker: { openFor: '20s' },
          outlierDetection: { baseEjectionTime: '5s', consecutive5xx: 5 },
        },
        ...sections,
      },
      null,
      2,
    );

  before(async () => {
    [world, browser] = await Promise.all([DemoWorld.start({ print: () => {} }), startBrowser()]);
    forAll.after(() => browser.close());
    forAll.after(() => world.dispose());
    const good = await startUpstream(forAll, (_request, response) => response.end('good'));
    bad = await startUpstream(forAll, (request, response) => {
      response.statusCode = request.url === '/health' ? 200 : 500;
      response.end('bad');
    });
    await registerSample(world.consulAddress, { service: 'ledger', id: 'ledger-1', port: good.port });
    await registerSample(world.consulAddress, { service: 'ledger', id: 'ledger-2', port: bad.port });
    file = configFile(config());
    ambassador = spawnAmbassador(forAll, ['run', '-c', file]);
    await ambassador.logged(/^listening on /);
    await ambassador.untilReady();
  });

  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  beforeEach(async () => {
    for (const name of ['payments', 'inventory']) await fetch(`${ambassador.url}/${name}/`);
  });

  async function show(t: TestContext, path = '/'): Promise<WatchedPage> {
    const watched = await openPage(browser);
    t.after(() => watched.page.context().close());
    await watched.page.goto(`${ambassador.adminUrl}${path}`);
    await watched.page.locator('main h1').waitFor();
    return watched;
  }

  function call(t: TestContext, path: string): void {
    startLoad(t, { url: `${ambassador.url}${path}`, perSecond: 40 });
  }

  function row(page: Page, service: string) {
    return page.locator('.services tbody tr').filter({ hasText: service });
  }

  test('shows an instance that is killed, and one that is revived', async (t) => {
    call(t, '/payments/hello');
    const { page, complaints } = await show(t);
    await row(page, 'payments').getByText('healthy').waitFor(SOON);
    await world.kill('payments-2');
    await page.getByRole('heading', { name: /^payments: 1 of 3 endpoints (ejected|critical)/ }).waitFor(SOON);
    const happened = page.locator('.timeline');
    await happened
      .getByText(/(127.0.0.1:\d+ of payments is ejected for|payments-2 is critical now)/)
      .first()
      .waitFor(SOON);
    await world.revive('payments', 'payments-2');
    await row(page, 'payments').getByText('healthy').waitFor(SOON);
    await row(page, 'payments').getByText('3/3').waitFor(SOON);
    await page.getByRole('heading', { name: /services answer\.$/ }).waitFor(SOON);
    assert.deepEqual(complaints, []);
  });

  test('shows an ejection on the page of the service, with both opinions and why', async (t) => {
    call(t, '/ledger/entries');
    const { page } = await show(t, '/services/ledger');
    const ejected = page.locator('table.endpoints tbody tr').filter({ hasText: 'ledger-2' });
    await ejected.getByText('passing').waitFor(SOON);
    await ejected.locator('.opinion', { hasText: /^ejected for another \d+ s$/ }).waitFor(SOON);
    await ejected.locator('.why', { hasText: /^It is ejected by the rule / }).waitFor(SOON);
    await page.getByRole('heading', { name: /1 of 2 endpoints ejected/ }).waitFor(SOON);
    const failed = page.locator('section', { has: page.getByRole('heading', { name: 'Failed requests' }) });
    await failed.getByText('GET /ledger/entries').first().waitFor(SOON);
    await failed.locator('summary').first().click();
    await failed
      .getByText(new RegExp(`127\\.0\\.0\\.1:${bad.port} answered 500`))
      .first()
      .waitFor(SOON);
  });

  test('shows a circuit that opens', async (t) => {
    call(t, '/fraud/fail?status=503');
    const { page } = await show(t);
    await row(page, 'fraud').getByText('refusing').waitFor(SOON);
    await row(page, 'fraud').locator('.circuit', { hasText: 'open' }).waitFor(SOON);
    await page
      .getByText(/the circuit is open, calls are refused for another \d+ s/)
      .first()
      .waitFor(SOON);
    await page
      .getByText(/The circuit of fraud is open/)
      .first()
      .waitFor(SOON);
  });

  test('shows a changed configuration that was refused, until it is mended', async (t) => {
    const { page } = await show(t);
    replace(file, config({ listne: '127.0.0.1:0' }));
    await page
      .getByText(/The changed configuration was refused \(line \d+.*listne/)
      .first()
      .waitFor(SOON);
    replace(file, config());
    await page
      .getByText(/configuration was refused/)
      .first()
      .waitFor({ state: 'hidden', ...SOON });
  });

  test('lets an operator who has the token eject an endpoint, and says who and why', async (t) => {
    const { page } = await show(t, '/services/inventory');
    const endpoint = page.locator('table.endpoints tbody tr').filter({ hasText: 'inventory-1' });
    await endpoint.getByRole('button').click();
    await page.getByLabel('Who').fill('kim');
    await page.getByLabel('Why').fill('a look at its disk');
    await page.getByLabel('Admin token').fill('wrong');
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.getByText(/this one does not match/).waitFor(SOON);
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.getByRole('button', { name: 'Do it' }).click();
    await endpoint.getByText('ejected until an operator lets it back').waitFor(SOON);
    await page
      .getByText(/kim.*a look at its disk/)
      .first()
      .waitFor(SOON);
  });

  test('asks nobody but the admin port', async (t) => {
    const { page, requested, complaints } = await show(t);
    await page.locator('spark-line canvas').first().waitFor(SOON);
    assert.deepEqual(
      requested.filter((url) => !url.startsWith(`${ambassador.adminUrl}/`)),
      [],
    );
    assert.deepEqual(complaints, []);
  });

  test('comes back to a known place by its address', async (t) => {
    const { page } = await show(t, '/services/inventory');
    await page.reload();
    await page.locator('table.endpoints').getByText('inventory-2').first().waitFor(SOON);
  });
});

/** As editors do. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.draft`, text);
  renameSync(`${path}.draft`, path);
}
