// The dashboard without a mouse.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { soundWorld } from '../../support/spoilt-world.ts';

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

function focusedText(page: Page): Promise<string> {
  return page.evaluate("document.activeElement?.textContent?.trim() ?? ''");
}

describe('the keyboard', () => {
  test('moves through the rows, opens one, and comes back', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await focusedText(page), 'inventory');
    await page.keyboard.press('k');
    assert.equal(await focusedText(page), 'fraud');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'inventory answers.' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/services/inventory');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'All 3 services answer.' }).waitFor();
  });

  test('filters, and takes the filter away', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    const names = page.locator('.services tbody .name');
    await page.keyboard.press('/');
    await page.keyboard.type('pay');
    await eventually(async () => assert.deepEqual(await names.allTextContents(), ['payments']));
    await page.keyboard.press('Escape');
    await eventually(async () => assert.equal(await names.count(), 3));
    assert.notEqual(await page.evaluate('document.activeElement.tagName'), 'INPUT');
  });

  test('opens the only match with Enter, and of several none', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    await page.keyboard.press('/');
    await page.keyboard.type('a');
    await page.keyboard.press('Enter');
    assert.equal(await focusedText(page), 'fraud');
    assert.equal(new URL(page.url()).pathname, '/');
    await page.keyboard.press('/');
    await page.keyboard.press('End');
    await page.keyboard.type('y');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'payments answers.' }).waitFor();
  });

  test('tells what a word means where it stands', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    await page.getByRole('button', { name: 'Retries left' }).click();
    await page.locator('#help .meant', { hasText: 'second attempts' }).waitFor();
  });

  test('shows its keys', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys and words' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keys and words' }).waitFor({ state: 'hidden' });
  });

  test('shows where the focus is', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/', soundWorld());
    await page.keyboard.press('j');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.equal(outline, 'solid');
  });
});
