// Circuits, configurations and operators, as the dashboard of a real ambassador shows them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { DashboardWorld } from '../../support/dashboard-world.ts';
import { SOON, serviceRow, startDashboardWorld, TOKEN } from '../../support/dashboard-world.ts';

let world: DashboardWorld;

before(async () => {
  world = await startDashboardWorld();
});

after(() => world.end());

describe('the dashboard of a running ambassador', () => {
  test('shows a circuit that opens', async (t) => {
    world.call(t, '/fraud/fail?status=503');
    const { page } = await world.show(t);
    await serviceRow(page, 'fraud').getByText('refusing').waitFor(SOON);
    await serviceRow(page, 'fraud').locator('.circuit', { hasText: 'open' }).waitFor(SOON);
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
    const { page } = await world.show(t);
    world.configure({ listne: '127.0.0.1:0' });
    await page
      .getByText(/The changed configuration was refused \(line \d+.*listne/)
      .first()
      .waitFor(SOON);
    world.configure({});
    await page
      .getByText(/configuration was refused/)
      .first()
      .waitFor({ state: 'hidden', ...SOON });
  });

  test('lets an operator who has the token eject an endpoint, and says who and why', async (t) => {
    const { page } = await world.show(t, '/services/inventory');
    const endpoint = page.locator('table.endpoints tbody tr').filter({ hasText: 'inventory-1' });
    await endpoint.getByRole('button', { name: 'Act … on inventory-1' }).click();
    await page.getByLabel('For').selectOption('until an operator ends it');
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

  test('lets an operator send the requests of a service elsewhere, and end that', async (t) => {
    const { page } = await world.show(t, '/services/inventory');
    await page.getByRole('button', { name: 'Send elsewhere …' }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill('localhost:4000');
    await page.getByRole('textbox', { name: 'Header' }).fill('x-dev:me');
    await page.getByLabel('Who').fill('kim');
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.getByText('requests go to localhost:4000 (x-dev: me)').waitFor(SOON);
    await page.getByRole('button', { name: 'Sent elsewhere …' }).click();
    await page.getByText('Requests with x-dev: me go to localhost:4000, until').waitFor(SOON);
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.getByRole('button', { name: 'Send elsewhere …' }).waitFor(SOON);
    await page.locator('.standing', { hasText: 'localhost:4000' }).waitFor({ state: 'hidden', ...SOON });
  });

  test('asks nobody but the admin port', async (t) => {
    const { page, requested, complaints } = await world.show(t);
    await page.locator('spark-line canvas').first().waitFor(SOON);
    assert.deepEqual(
      requested.filter((url) => !url.startsWith(`${world.adminUrl}/`)),
      [],
    );
    assert.deepEqual(complaints, []);
  });

  test('comes back to a known place by its address', async (t) => {
    const { page } = await world.show(t, '/services/inventory');
    await page.reload();
    await page.locator('table.endpoints').getByText('inventory-2').first().waitFor(SOON);
  });
});
