// The first page, before an admin server that says what a test wants said.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../../support/browser.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { scriptedWorld } from '../../support/scripted-world.ts';
import { soundWorld, spoil, spoiltWorld } from '../../support/spoilt-world.ts';

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
      '2 of 3 services and the ambassador itself need attention.',
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
  test('is told with its age, and mends by itself', async (t) => {
    const { page, admin } = await openScriptedPage(t, browser, '/', soundWorld());
    await admin.stop();
    await page.getByText(/Connection lost \d+ s ago/).waitFor();
    await page.getByText('Not live').waitFor();
    await admin.start();
    await page.getByText(/Connection lost/).waitFor({ state: 'hidden' });
    await page.getByText('Live', { exact: true }).waitFor();
  });
});
