// The dashboard of a real ambassador with a real Consul and the sample services, in a real browser: for a whole suite.

import { renameSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { DemoWorld } from '../../src/demo/world.ts';
import { configFile, spawnAmbassador } from './ambassador-process.ts';
import type { WatchedPage } from './browser.ts';
import { openPage, startBrowser } from './browser.ts';
import { startLoad } from './load.ts';

/** What the page must be shown to change something. */
export const TOKEN = 'only-for-this-test';

/** Long enough for a slow machine, short enough for a test. */
export const SOON = { timeout: 30_000 };

const CALLS_PER_SECOND = 40;

export interface DashboardWorld {
  readonly demo: DemoWorld;
  readonly adminUrl: string;
  /** Opens a page of the dashboard, until the test ends. @param path default `/` */
  show(t: TestContext, path?: string): Promise<WatchedPage>;
  /** Calls a service again and again, until the test ends. */
  call(t: TestContext, path: string): void;
  /** Changes the configuration's file, with these sections over those it began with. */
  configure(sections: object): void;
  end(): Promise<void>;
}

export async function startDashboardWorld(): Promise<DashboardWorld> {
  // One after the other: what cannot be started leaves nothing running.
  const browser = await startBrowser();
  const ends: (() => unknown)[] = [() => browser.close()];
  const end = async (): Promise<void> => {
    for (const endOne of ends) await endOne();
  };
  try {
    return await startAround(browser, ends, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function startAround(
  browser: Browser,
  ends: (() => unknown)[],
  end: () => Promise<void>,
): Promise<DashboardWorld> {
  const demo = await DemoWorld.start({ print: () => {} });
  ends.push(() => demo.dispose());
  const file = configFile(configuration(demo, {}));
  const ambassador = spawnAmbassador({ after: (stop: () => unknown) => void ends.unshift(stop) }, [
    'run',
    '-c',
    file,
  ]);
  await ambassador.logged(/^listening on /);
  await ambassador.untilReady();
  // The page lists what has been called.
  for (const name of ['payments', 'inventory']) await fetch(`${ambassador.url}/${name}/`);
  return {
    demo,
    adminUrl: ambassador.adminUrl,
    show: async (t, path = '/') => {
      const watched = await openPage(browser);
      t.after(() => watched.page.context().close());
      await watched.page.goto(`${ambassador.adminUrl}${path}`);
      await watched.page.locator('main h1').waitFor();
      return watched;
    },
    call: (t, path) => void startLoad(t, { url: `${ambassador.url}${path}`, perSecond: CALLS_PER_SECOND }),
    configure: (sections) => {
      // As editors do.
      writeFileSync(`${file}.draft`, configuration(demo, sections));
      renameSync(`${file}.draft`, file);
    },
    end,
  };
}

function configuration({ consulAddress }: DemoWorld, sections: object): string {
  const config = {
    consul: { address: consulAddress },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0', token: TOKEN },
    accessLog: { sample: 0 },
    defaults: {
      // The endpoint that fails is to be called as often as the others.
      loadBalancer: { policy: 'roundRobin' },
      circuitBreaker: { openFor: '20s' },
      outlierDetection: { baseEjectionTime: '5s', consecutive5xx: 5 },
    },
    ...sections,
  };
  return JSON.stringify(config, null, 2);
}

/** The row of a service on the overview. */
export function serviceRow(page: Page, service: string): Locator {
  return page.locator('.services tbody tr').filter({ hasText: service });
}
