// The dashboard in a real browser, before a scripted admin server.

import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { WatchedPage } from './browser.ts';
import { openPage } from './browser.ts';
import type { ScriptedAdmin, ScriptedWorld } from './scripted-admin.ts';
import { startScriptedAdmin } from './scripted-admin.ts';

export interface ScriptedPage extends WatchedPage {
  readonly admin: ScriptedAdmin;
}

/** Opens a page of it in a profile of its own; ends with the test. @param path such as `/services/payments` */
export async function openScriptedPage(
  t: TestContext,
  browser: Browser,
  path: string,
  world: ScriptedWorld,
  options?: BrowserContextOptions,
): Promise<ScriptedPage> {
  const admin = await startScriptedAdmin(t, world);
  const watched = await openPage(browser, options);
  t.after(() => watched.page.context().close());
  await watched.page.goto(`${admin.url}${path}`);
  await watched.page.locator('main h1').waitFor();
  return { ...watched, admin };
}
