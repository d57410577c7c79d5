// A real Chromium for tests, and pages in it that record their requests and errors.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { requireProgram } from './prerequisites.ts';

/** What it would ask of others by itself is switched off: a test sees the page's requests alone. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The caller closes it. @throws Error saying what to install */
export function startBrowser(...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath: requireProgram('Chromium'), args: [...FLAGS, ...flags] });
}

export interface WatchedPage {
  readonly page: Page;
  /** Every address that was asked for. */
  readonly requested: readonly string[];
  /** What the console said in red, among it what the Content-Security-Policy kept out, and uncaught errors. */
  readonly complaints: readonly string[];
}

/** A page in a profile of its own; closed with the browser. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, requested, complaints };
}
