// The first page, before an admin server that says what a test wants said.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { scriptedWorld } from '../../support/scripted-world.ts';
import { soundWorld, spoil, spoiltWorld } from '../../support/spoilt-world.ts';
import { troubledWorld } from '../../support/troubled-world.ts';

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

describe('the overview', () => {
  test('puts the services in trouble first and says what is wrong in the first lines', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', spoiltWorld());
    assert.equal(
      await page.locator('main h1').textContent(),
      '2 of 3 services and the configuration need attention.',
    );
    assert.deepEqual(await page.locator('.services tbody .name').allTextContents(), [
      'fraud',
      'payments',
      'inventory',
    ]);
    assert.deepEqual(
      (await page.locator('.services tbody .state').allTextContents()).map((text) => text.trim()),
      ['refusing', 'ejecting', 'healthy'],
    );
  });

  test('changes by itself as things change', async (t) => {
    const { page, admin } = await openScriptedPage(t, browser, '/', soundWorld());
    assert.equal(await page.locator('main h1').textContent(), 'All 3 services answer.');
    const [fraud] = admin.world.overview.services;
    assert.ok(fraud !== undefined);
    spoil(admin.world, 'fraud', { endpointCounts: { ...fraud.endpointCounts, available: 1, ejected: 1 } });
    admin.happen({
      service: 'fraud',
      kind: 'ejection',
      severity: 'warning',
      summary: 'fraud-2 was ejected.',
      detail: {},
    });
    admin.push();
    await page.getByRole('heading', { name: 'fraud: 1 of 2 endpoints ejected.' }).waitFor();
    await page.locator('.timeline').getByText('fraud-2 was ejected.').waitFor();
  });

  test('narrows what happened down to a kind', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', troubledWorld());
    await page.getByRole('group', { name: 'Kinds' }).getByRole('button', { name: 'operator' }).click();
    const kinds = page.locator('.timeline .kind');
    await eventually(async () => assert.equal(await kinds.count(), 15));
    assert.deepEqual([...new Set(await kinds.allTextContents())], ['operator']);
    const box = await page.locator('.timeline').boundingBox();
    assert.ok(box !== null && box.height <= 560, `${box?.height} pixels high`);
  });

  test('says on which host it runs, in which time zone it speaks, and where to read on', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld(), { timezoneId: 'Asia/Dubai' });
    const footer = page.locator('footer');
    await footer.getByText('Version 0.1.0 on checkout-7f9c. Times are Asia/Dubai (UTC+04:00).').waitFor();
    for (const [name, address] of [
      ["Consul's UI", 'http://127.0.0.1:8500/ui/'],
      ['Metrics', '/metrics'],
      ['Docs', '/docs/'],
    ] as const) {
      assert.equal(await footer.getByRole('link', { name }).getAttribute('href'), address);
    }
  });

  test('teaches the first call where nothing has been called', async (t) => {
    const { page } = await openScriptedPage(
      t,
      browser,
      '/',
      scriptedWorld({ services: {}, uncalled: ['payments'] }),
    );
    await page.getByText('curl http://localhost:15000/payments/').waitFor();
    await page.getByRole('link', { name: 'payments' }).waitFor();
  });
});

describe('a lost connection', () => {
  test('is shown with its age, and ends by itself', async (t) => {
    const { page, admin } = await openScriptedPage(t, browser, '/', soundWorld());
    await admin.stop();
    await page.getByText(/Connection lost \d+ s ago/).waitFor();
    await page.getByText('Not live').waitFor();
    await admin.start();
    await page.getByText(/Connection lost/).waitFor({ state: 'hidden' });
    await page.getByText('Live', { exact: true }).waitFor();
  });
});
