// The page itself, before an admin server that says what a test wants said.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { ServiceOverview } from '../../../src/dashboard/browser/wire.ts';
import { accessibilityFaults } from '../../support/accessibility.ts';
import type { WatchedPage } from '../../support/browser.ts';
import { openPage, startBrowser } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedAdmin, ScriptedWorld } from '../../support/scripted-admin.ts';
import { startScriptedAdmin } from '../../support/scripted-admin.ts';
import { endpoint, scriptedWorld } from '../../support/scripted-world.ts';

const SERVICES = { fraud: 2, inventory: 2, payments: 3 };

const PHONE = { viewport: { width: 360, height: 780 } };

interface Opened extends WatchedPage {
  readonly admin: ScriptedAdmin;
}

/** One browser for all of them; each test has a profile of its own in it. */
let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser.close());

async function open(
  t: TestContext,
  path: string,
  world: ScriptedWorld,
  options?: BrowserContextOptions,
): Promise<Opened> {
  const admin = await startScriptedAdmin(t, world);
  const watched = await openPage(browser, options);
  t.after(() => watched.page.context().close());
  await watched.page.goto(`${admin.url}${path}`);
  await watched.page.locator('main h1').waitFor();
  return { ...watched, admin };
}

function spoil(world: ScriptedWorld, name: string, news: Partial<ServiceOverview>): ScriptedWorld {
  const services = world.overview.services.map((service) =>
    service.name === name ? { ...service, ...news } : service,
  );
  world.overview = { ...world.overview, services };
  return world;
}

/** One service refuses, one ejects, and the configuration was refused. */
function spoiltWorld(): ScriptedWorld {
  const world = scriptedWorld({ services: SERVICES, uncalled: ['audit'] });
  const { at } = world.overview;
  const [fraud, , payments] = world.overview.services;
  assert.ok(fraud !== undefined && payments !== undefined);
  spoil(world, 'fraud', {
    circuit: { state: 'open', since: at, opensForMs: 4_000, calls: 9, failures: 9, slow: 0 },
  });
  spoil(world, 'payments', { endpointCounts: { ...payments.endpointCounts, available: 2, ejected: 1 } });
  const outlier = {
    state: 'ejected',
    since: at,
    until: at,
    remainingMs: 18_000,
    reason: 'consecutive_5xx',
    ejections: 1,
  } as const;
  world.endpoints.set('payments', [
    endpoint('payments', 1, { health: 'warning', healthDetail: 'the disk fills up' }),
    endpoint('payments', 2, {
      outlier,
      state: 'ejected',
      usable: false,
      reason: 'It is ejected for another 18 s.',
    }),
    endpoint('payments', 3),
  ]);
  world.timeline = [
    {
      id: 1,
      at,
      service: 'payments',
      kind: 'ejection',
      severity: 'warning',
      summary: 'payments-2 was ejected.',
      detail: {},
    },
  ];
  const problems = [{ line: 3, column: 1, key: 'listne', message: 'unknown key' }];
  world.overview = {
    ...world.overview,
    configuration: { ...world.overview.configuration, refused: { at, problems } },
  };
  return world;
}

function focusedText(page: Page): Promise<string> {
  return page.evaluate("document.activeElement?.textContent?.trim() ?? ''");
}

describe('the overview', () => {
  test('puts the services in trouble first and says what is wrong in the first lines', async (t) => {
    const { page } = await open(t, '/', spoiltWorld());
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
    const { page, admin } = await open(t, '/', scriptedWorld({ services: SERVICES }));
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
    const { page } = await open(t, '/', scriptedWorld({ services: {}, uncalled: ['payments'] }));
    await page.getByText('curl http://localhost:15000/payments/').waitFor();
    await page.getByRole('link', { name: 'payments' }).waitFor();
  });
});

describe('the keyboard', () => {
  test('moves through the rows, opens one, and comes back', async (t) => {
    const { page } = await open(t, '/', scriptedWorld({ services: SERVICES }));
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
    const { page } = await open(t, '/', scriptedWorld({ services: SERVICES }));
    const names = page.locator('.services tbody .name');
    await page.keyboard.press('/');
    await page.keyboard.type('pay');
    await eventually(async () => assert.deepEqual(await names.allTextContents(), ['payments']));
    await page.keyboard.press('Escape');
    await eventually(async () => assert.equal(await names.count(), 3));
  });

  test('shows its keys', async (t) => {
    const { page } = await open(t, '/', scriptedWorld({ services: SERVICES }));
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys and words' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keys and words' }).waitFor({ state: 'hidden' });
  });

  test('shows where the focus is', async (t) => {
    const { page } = await open(t, '/', scriptedWorld({ services: SERVICES }));
    await page.keyboard.press('j');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.equal(outline, 'solid');
  });
});

describe('the page of a service', () => {
  test('shows what Consul says of an endpoint beside what the connections say', async (t) => {
    const { page } = await open(t, '/services/payments', spoiltWorld());
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

  test('draws the last minutes, and what happened', async (t) => {
    const { page } = await open(t, '/services/payments', spoiltWorld());
    await page.locator('time-chart canvas').nth(1).waitFor();
    await page.getByText('payments-2 was ejected.').waitFor();
  });

  test('says so when there is no such service', async (t) => {
    const { page } = await open(t, '/services/nowhere', spoiltWorld());
    await page.getByRole('heading', { name: 'There is no service nowhere.' }).waitFor();
  });
});

describe('hundreds of endpoints', () => {
  const world = (): ScriptedWorld =>
    scriptedWorld({
      services: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`service-${index + 10}`, 400])),
    });

  test('are drawn when they are asked for, and found by a filter', async (t) => {
    const { page } = await open(t, '/services/service-12', world());
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
    const { page, admin } = await open(t, '/', world());
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

describe('a lost connection', () => {
  test('is told with its age, and mends by itself', async (t) => {
    const { page, admin } = await open(t, '/', scriptedWorld({ services: SERVICES }));
    await admin.stop();
    await page.getByText(/Connection lost \d+ s ago/).waitFor();
    await page.getByText('Not live').waitFor();
    await admin.start();
    await page.getByText(/Connection lost/).waitFor({ state: 'hidden' });
    await page.getByText('Live', { exact: true }).waitFor();
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [width, options] of [
    ['a desk', {}],
    ['a phone', PHONE],
  ] as const) {
    describe(`in the ${colorScheme} on ${width}`, () => {
      for (const path of ['/', '/services/payments']) {
        test(`${path} can be read by everybody, fits, and asks nobody else`, async (t) => {
          const { page, admin, requested, complaints } = await open(t, path, spoiltWorld(), {
            colorScheme,
            ...options,
          });
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
