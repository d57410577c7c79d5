// What holds of every page of the dashboard, in both themes and on any width, however bad things are.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { soundWorld } from '../../support/spoilt-world.ts';
import { troubledWorld } from '../../support/troubled-world.ts';

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

/** A page is loaded at the narrowest in the light and at the widest in the dark, and its window resized to the others. */
const WIDTHS = [375, 768, 1024, 1440];

/** Each with what shows that it is drawn. */
const PAGES = {
  '/': '.services tbody tr',
  '/services/payments': 'time-chart canvas',
  '/config': '.settings tbody tr',
};

const WORLDS = { healthy: soundWorld, troubled: troubledWorld };

for (const [colorScheme, widths] of [
  ['light', WIDTHS],
  ['dark', WIDTHS.toReversed()],
] as const) {
  describe(`in the ${colorScheme}, at ${widths.join(', ')} pixels in turn`, () => {
    for (const [path, drawn] of Object.entries(PAGES)) {
      for (const [state, world] of Object.entries(WORLDS)) {
        test(`${path} of a ${state} world can be read by everybody, cuts nothing off, and asks nobody else`, async (t) => {
          const { page, admin, requested, complaints } = await openScriptedPage(t, browser, path, world(), {
            colorScheme,
            viewport: { width: widths[0] ?? 0, height: 900 },
          });
          await page.locator(drawn).first().waitFor();
          for (const width of widths) {
            await page.setViewportSize({ width, height: 900 });
            assert.deepEqual(await accessibilityFaults(page), [], `at ${width} pixels`);
            // A chart follows the window a moment later.
            await eventually(async () => assert.deepEqual(await cutOff(page), [], `at ${width} pixels`));
          }
          assert.deepEqual(
            requested.filter((url) => !url.startsWith(`${admin.url}/`)),
            [],
          );
          assert.deepEqual(complaints, []);
        });
      }
    }
  });
}

/**
 * The elements whose content is wider than they are, the page among them. A request's path is cut with an ellipsis by
 * intent, and so is the host's name, which stands whole in the footer.
 */
function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate(`
    [document.documentElement, ...document.querySelectorAll('body *')]
      .filter((element) => !element.matches('.target, .host, .hidden, .hidden *, .skip, thead, thead *, svg *, dialog *, input, pre'))
      .filter((element) => !element.closest('.uplot'))
      .filter((element) => element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1)
      .map((element) => element.tagName + '.' + (element.getAttribute('class') ?? '') + ': ' + element.textContent.trim().slice(0, 60))
  `);
}
