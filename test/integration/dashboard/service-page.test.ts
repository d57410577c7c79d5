// The page of a service, small or large.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { accessibilityFaults } from '../../support/accessibility.ts';
import { startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedWorld } from '../../support/scripted-admin.ts';
import { openScriptedPage } from '../../support/scripted-page.ts';
import { scriptedWorld } from '../../support/scripted-world.ts';
import { spoil, spoiltWorld } from '../../support/spoilt-world.ts';
import { troubledWorld } from '../../support/troubled-world.ts';

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

describe('the page of a service', () => {
  test('shows what Consul says of an endpoint beside what the connections say', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/payments', spoiltWorld());
    const rows = page.locator('table.endpoints tbody tr');
    await rows.first().waitFor();
    const [first = '', second = '', third = ''] = await rows.allInnerTexts();
    assert.match(
      first,
      /ejected[\s\S]*payments-2[\s\S]*passing[\s\S]*ejected for another 18 s[\s\S]*It is ejected for another 18 s\./,
    );
    assert.match(second, /available[\s\S]*payments-1[\s\S]*warning[\s\S]*the disk fills up[\s\S]*good/);
    assert.match(third, /payments-3[\s\S]*passing[\s\S]*good/);
  });

  test('lists the methods of a service that is translated', async (t) => {
    const world = spoiltWorld();
    const translation = {
      clients: ['Connect', 'JSON'],
      description: {
        from: 'reflection' as const,
        path: null,
        version: 'v1',
        saved: true,
        confirmedAt: null,
        fault: 'its endpoints have no server reflection',
      },
      methods: [
        {
          name: 'shop.v1.Shop/Get',
          kind: 'unary' as const,
          input: 'shop.v1.GetRequest',
          output: 'shop.v1.Item',
          idempotent: true,
          deprecated: false,
          routes: [{ method: 'GET', path: '/v1/{name=items/*}', body: null }],
        },
      ],
      ruleFaults: [],
    };
    const { page } = await openScriptedPage(t, browser, '/services/payments', {
      ...world,
      translations: new Map([['payments', translation]]),
    });
    const methods = page.locator('section', { has: page.getByRole('heading', { name: 'Methods' }) });
    const text = await methods.innerText();
    assert.match(text, /for clients of Connect, JSON; by server reflection \(v1\), of an earlier run/);
    assert.match(text, /its endpoints have no server reflection\./);
    assert.match(text, /shop\.v1\.Shop\/Get\s+unary\s+GET \/v1\/\{name=items\/\*\}/);
    await methods.locator('summary').click();
    await page.getByText('takes shop.v1.GetRequest, returns shop.v1.Item').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('shows where requests go by routes, shares and tiers, and what of Consul’s entries is not done', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/payments', troubledWorld());
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Where requests go' }) });
    const routes = panel.locator('ol > li');
    await routes.nth(1).waitFor();
    const [router = '', others = ''] = await routes.allInnerTexts();
    assert.match(
      router,
      /GET or HEAD, path by [\s\S]*90.%[\s\S]*payments\/v1[\s\S]*10.%[\s\S]*payments\/v2\s+2 usable/,
    );
    assert.match(
      others,
      /all others\s+payments\/v1\s+1 of 5 usable, gets 28.%\s+then\s+\S+@eu-central-2\s+0 of 5 usable, gets 72.%, known 4 min \d+ s ago, Consul answered 500/,
    );
    await panel.getByText('ring_hash needs HashPolicies').waitFor();
  });

  test('draws the last minutes, and what happened', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/payments', spoiltWorld());
    await page.locator('time-chart canvas').nth(1).waitFor();
    await page.getByText('payments-2 was ejected.').waitFor();
  });

  test('says why and where a request failed before it is opened', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/payments', troubledWorld());
    const failed = page.locator('section', { has: page.getByRole('heading', { name: 'Failed requests' }) });
    const outcomes = failed.locator('summary .outcome');
    await outcomes.nth(1).waitFor();
    const [refused = '', unreached = ''] = await outcomes.allTextContents();
    assert.equal(refused, 'circuit open: The circuit of payments is open: connection refused by 2 of 2.');
    assert.equal(
      unreached,
      'payments-3 at 10.0.0.3:8080: connect failure (connect ECONNREFUSED 10.0.0.3:8080), the last of 2 attempts',
    );
  });

  test('says that nothing can be changed while there is no admin token', async (t) => {
    const world = spoiltWorld();
    world.overview = { ...world.overview, operators: 'none' };
    const { page } = await openScriptedPage(t, browser, '/services/payments', world);
    await page.getByRole('button', { name: 'Act … on payments-1' }).click();
    await page.getByText(/this ambassador has no admin token/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Do it' }).count(), 0);
  });

  test('of a service that has not been called yet says how it is called', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/audit', spoiltWorld());
    await page.getByRole('heading', { name: 'audit has not been called yet.' }).waitFor();
    await page.getByText('curl http://localhost:15000/audit/').waitFor();
  });

  test('says so when there is no such service', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/nowhere', spoiltWorld());
    await page.getByRole('heading', { name: 'There is no service nowhere.' }).waitFor();
  });
});

describe('hundreds of endpoints', () => {
  const world = (): ScriptedWorld =>
    scriptedWorld({
      services: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`service-${index + 10}`, 400])),
    });

  test('are drawn when they are asked for, and found by a filter', async (t) => {
    const { page } = await openScriptedPage(t, browser, '/services/service-12', world());
    const rows = page.locator('table.endpoints tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 50);
    await page.keyboard.press('/');
    await page.keyboard.type('service-12-399');
    await eventually(async () => assert.equal(await rows.count(), 1));
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show the other 350' }).click();
    await eventually(async () => assert.equal(await rows.count(), 400));
  });

  test('do not make the page draw more than what changed', async (t) => {
    const { page, admin } = await openScriptedPage(t, browser, '/', world());
    await eventually(async () => assert.equal(await page.locator('.services tbody tr').count(), 50));
    await page.locator('spark-line canvas').first().waitFor();
    await page.evaluate(`
      globalThis.changes = 0;
      new MutationObserver((records) => { globalThis.changes += records.length; })
        .observe(document.querySelector('.services'), { subtree: true, childList: true, characterData: true, attributes: true });
    `);
    spoil(admin.world, 'service-20', { activeRequests: 4_321 });
    admin.push();
    await page.getByText('4321').waitFor();
    const changes = Number(await page.evaluate('globalThis.changes'));
    assert.ok(changes < 60, `${changes} changes`);
  });
});
