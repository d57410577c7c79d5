// Pages in a real Chromium that call a gRPC service, by connect-web and by grpc-web.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { openPage, startBrowser } from '../../../support/browser.ts';
import type { PageReport } from '../../../support/calling-page/page.ts';
import { callFromPage, serveCallingPage } from '../../../support/calling-page/serve.ts';
import { startLedgerProcess } from '../../../support/translated-ledger-process.ts';

const NOT_FOUND = 5;

const REPORT: PageReport = {
  holder: 'Alice',
  entries: ['accounts/alice/entries/1', 'accounts/alice/entries/2', 'accounts/alice/entries/3'],
  failure: [NOT_FOUND, 'There is no account accounts/carol.', true],
};

describe('pages in a browser', () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  it('call from an origin that is allowed', async (t) => {
    const origin = await serveCallingPage(t);
    const { url } = await startLedgerProcess(t, { config: { allowedOrigins: [origin] } });
    const { page, complaints } = await openPage(browser);
    t.after(() => page.close());
    await page.goto(origin);
    assert.deepEqual(complaints, []);
    for (const protocol of ['connect', 'grpcWeb'] as const) {
      assert.deepEqual([protocol, await callFromPage(page, 'connectWeb', protocol, url)], [protocol, REPORT]);
    }
    for (const format of ['text', 'binary'] as const) {
      assert.deepEqual([format, await callFromPage(page, 'grpcWeb', format, url)], [format, REPORT]);
    }
  });

  it('do not from another', async (t) => {
    const [allowed, other] = [await serveCallingPage(t), await serveCallingPage(t)];
    const { url, endpoints } = await startLedgerProcess(t, { config: { allowedOrigins: [allowed] } });
    const { page } = await openPage(browser);
    t.after(() => page.close());
    await page.goto(other);
    for (const protocol of ['connect', 'grpcWeb'] as const) {
      assert.match(await callFromPage(page, 'connectWebRefusal', protocol, url), /Failed to fetch/);
    }
    assert.deepEqual(
      endpoints.flatMap(({ calls }) => calls),
      [],
    );
  });
});
