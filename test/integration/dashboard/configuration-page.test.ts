// The page of the configuration, before an admin server that says what a test wants said.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { soundWorld, spoiltWorld } from '../../support/spoilt-world.ts';

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

test('a configuration that was refused is said to be, with what is wrong in it', async (t) => {
  const { page } = await openScriptedPage(t, browser, '/config', spoiltWorld());
  await page
    .getByRole('heading', { name: /^The configuration was refused as it is now; the one of / })
    .waitFor();
  await page.locator('.refused li').first().waitFor({ state: 'visible' });
});

test('the configuration shows where each value comes from, what was set first, and is filtered', async (t) => {
  const { page } = await openScriptedPage(t, browser, '/', soundWorld());
  await page.locator('footer').getByRole('link', { name: 'Configuration' }).click();
  const rows = page.locator('.settings tbody tr');
  await rows.first().waitFor();
  const texts = (await rows.allInnerTexts()).map((text) => text.split(/\s*[\t\n]\s*/));
  assert.deepEqual(texts, [
    ['consul.address', 'http://127.0.0.1:8500', 'environment: CONSUL_HTTP_ADDR'],
    ['consul.token', '[redacted]', 'ambassador.yaml, line 3, with ${CONSUL_TOKEN}'],
    ['services.payments.timeout.request', '2s', 'ambassador.yaml, line 12'],
    ['listen[0]', '127.0.0.1:15000', 'default'],
    ['services.payments.loadBalancer.policy', 'leastRequest', 'default'],
  ]);
  await page.keyboard.press('/');
  await page.keyboard.type('line 12');
  await eventually(async () => assert.equal(await rows.count(), 1));
});
