// Endpoints that die, come back and fail, as the dashboard of a real ambassador shows them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { registerSample } from '../../../src/demo/register.ts';
import type { DashboardWorld } from '../../support/dashboard-world.ts';
import { SOON, serviceRow, startDashboardWorld } from '../../support/dashboard-world.ts';
import { startUpstream } from '../../support/upstreams.ts';

let world: DashboardWorld;

before(async () => {
  world = await startDashboardWorld();
});

after(() => world.end());

describe('the dashboard of a running ambassador', () => {
  test('shows an instance that is killed, and one that is revived', async (t) => {
    world.call(t, '/payments/hello');
    const { page, complaints } = await world.show(t);
    await serviceRow(page, 'payments').getByText('healthy').waitFor(SOON);
    await world.demo.kill('payments-2');
    await page
      .getByRole('heading', { name: /^payments: .*1 of 3 endpoints (ejected|critical)/ })
      .waitFor(SOON);
    const happened = page.locator('.timeline');
    await happened
      .getByText(/(127.0.0.1:\d+ of payments is ejected for|payments-2 at 127.0.0.1:\d+ is critical)/)
      .first()
      .waitFor(SOON);
    await world.demo.revive('payments', 'payments-2');
    await serviceRow(page, 'payments').getByText('healthy').waitFor(SOON);
    await serviceRow(page, 'payments').getByText('3/3').waitFor(SOON);
    await page.getByRole('heading', { name: /services answer\.$/ }).waitFor(SOON);
    assert.deepEqual(complaints, []);
  });

  test('shows an ejection on the page of the service, with both opinions and why', async (t) => {
    const good = await startUpstream(t, (_request, response) => response.end('good'));
    const bad = await startUpstream(t, (request, response) => {
      response.statusCode = request.url === '/health' ? 200 : 500;
      response.end('bad');
    });
    await registerSample(world.demo.consulAddress, { service: 'billing', id: 'billing-1', port: good.port });
    await registerSample(world.demo.consulAddress, { service: 'billing', id: 'billing-2', port: bad.port });
    world.call(t, '/billing/entries');
    const { page } = await world.show(t, '/services/billing');
    const ejected = page.locator('table.endpoints tbody tr').filter({ hasText: 'billing-2' });
    await ejected.getByText('passing').waitFor(SOON);
    await ejected.locator('.opinion', { hasText: /^ejected for another \d+ s$/ }).waitFor(SOON);
    await ejected
      .locator('.why', { hasText: /^It is ejected since \d+ s, back in \d+ s: answered 5\d\d / })
      .waitFor(SOON);
    await page.getByRole('heading', { name: /1 of 2 endpoints ejected/ }).waitFor(SOON);
    const failed = page.locator('section', { has: page.getByRole('heading', { name: 'Failed requests' }) });
    await failed.getByText('GET /billing/entries').first().waitFor(SOON);
    await failed.locator('summary').first().click();
    await failed
      .getByText(new RegExp(`127\\.0\\.0\\.1:${bad.port} answered 500`))
      .first()
      .waitFor(SOON);
  });
});
