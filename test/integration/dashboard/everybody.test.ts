// What holds of every page of the dashboard, in both themes and on any width.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { accessibilityFaults } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { spoiltWorld } from '../../support/spoilt-world.ts';

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

const PHONE = { viewport: { width: 360, height: 780 } };

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [width, options] of [
    ['a desk', {}],
    ['a phone', PHONE],
  ] as const) {
    describe(`in the ${colorScheme} on ${width}`, () => {
      for (const path of ['/', '/services/payments']) {
        test(`${path} can be read by everybody, fits, and asks nobody else`, async (t) => {
          const { page, admin, requested, complaints } = await openScriptedPage(
            t,
            browser,
            path,
            spoiltWorld(),
            {
              colorScheme,
              ...options,
            },
          );
          await page
            .locator(path === '/' ? '.services' : 'time-chart canvas')
            .first()
            .waitFor();
          assert.deepEqual(await accessibilityFaults(page), []);
          const tooWide = await page.evaluate(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          assert.equal(tooWide, 0);
          assert.deepEqual(
            requested.filter((url) => !url.startsWith(`${admin.url}/`)),
            [],
          );
          assert.deepEqual(complaints, []);
        });
      }
    });
  }
}
